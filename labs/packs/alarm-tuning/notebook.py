# %% [markdown]
# # 报警整定：让每一条报警都值得看
#
# 一座原水泵站刚投运，报警是调试时随手设的：限值设在控制点上，没有死区，没有延时，备用泵停着也报。值班员一班要按几百次确认，
# 真出事的那一条夹在里面，没有人看见。你来重新整定。
#
# 做完这个实验，你会：
#
# 1. 用 EEMUA 191 和 ISA-18.2 的几个数字量出一套报警有多糟：平均每小时几条、十分钟里最多几条、抖动、常驻；
# 2. 由**后果、变化速度、响应时间**倒推限值，由**噪声**定死区，由**干扰的长短**定延时；
# 3. 用后果和响应时间定优先级；
# 4. 说得出哪一条根本不该是报警。
#
# > **English.** A pump station's alarms were set in a hurry: limits at the control points, no deadbands, no delays, an alarm on the
# > standby pump. Measure how bad it is with the figures of EEMUA 191 and ISA-18.2, then set limits, deadbands, delays and
# > priorities so that no real event is missed and everything else keeps quiet.

# %% [markdown]
# ## 谁在哪里运行
#
# ```text
#   你的浏览器               实验容器                                评分（提交以后）
#   ┌────────────┐      ┌────────────────────────────┐      ┌──────────────────────────────────────┐
#   │ 笔记本      │ ───► │ 内核：你的 ALARMS            │      │ 你的 ALARMS ──► 同样的报警逻辑           │
#   └────────────┘      │ assets/shift.csv  一班的记录 │      │ 三个没见过的班：别的噪声、别的日子、别的事故  │
#                       │ assets/events.csv 交接班记录 │      └──────────────────────────────────────┘
#                       └────────────────────────────┘
# ```
#
# 提交的是一套**配置**。评分把它放到三个没见过的班上重放：水温、负荷、噪声都不同，出的事也不同。照着眼前这一班把限值贴着曲线设，换一班就不灵了。
#
# > **English.** What counts is your configuration. Grading replays it on three shifts that you haven't seen, with other noise,
# > other days and other events. Limits fitted to this one shift won't do.

# %% [markdown]
# ## 泵站的八条报警
#
# | 报警 | 正常时 | 没人管的后果 | 变化最快 | 响应要 | 严重程度 |
# |---|---|---|---|---|---|
# | `lit101.level:H` 原水箱液位高 | 500～800 mm 之间来回，水面波动 ±20 mm | 1600 mm 溢流 | +28 mm/分 | 15 分 | 较重 |
# | `lit101.level:L` 原水箱液位低 | 同上 | 250 mm 泵抽空 | −27 mm/分 | 5 分 | 严重 |
# | `p101.current:H` 主泵电流高 | 24 A 左右 | 34 A 热继电器跳泵 | +1.2 A/分 | 4 分 | 较重 |
# | `p101.bearing:H` 主泵轴承温度高 | 随天气 50～61 °C | 95 °C 抱轴 | +0.6 °C/分 | 15 分 | 较重 |
# | `pit201.pressure:L` 出口压力低 | 420 kPa，随用水 ±30 | 250 kPa 用户断水 | −10 kPa/分 | 5 分 | 严重 |
# | `ait201.turbidity:H` 浊度高 | 2 NTU 左右，±0.8 | 8 NTU 滤池穿透 | +0.6 NTU/分 | 4 分 | 严重 |
# | `ait202.chlorine:L` 余氯低 | 0.6 mg/L，±0.1 | 0.2 mg/L 消毒不足 | −0.012 (mg/L)/分 | 15 分 | 轻微 |
# | `p102.current:L` 备用泵电流低 | 0（停着） | 无 | | | |
#
# 运行记事里还写着：
#
# - 站里别的电机启动时，主泵电流会冲到 80 A 以上，**不到 20 秒**；
# - 出口压力偶尔塌到 300 kPa 以下，**半分钟**就回来；浊度仪进了气泡，会跳到十几 NTU，**最多 40 秒**；
# - 报警要在后果出现之前给够响应时间：**最晚在“离后果还有响应时间”的那一刻响起**，再晚，人就来不及了。
#
# 配置的一行是一个字典；不要的报警写 `None`：
#
# ```python
# {"limit": 限值, "deadband": 死区, "on_delay": 延时报警的秒数, "off_delay": 延时消除的秒数, "priority": 1、2 或 3}
# ```
#
# 高报警：值 ≥ 限值，持续 `on_delay` 秒，报警；值 ≤ 限值 − 死区，持续 `off_delay` 秒，消除。低报警反过来。
#
# > **English.** A high alarm comes once the value has been at or above `limit` for `on_delay` seconds and goes once it has been at
# > or below `limit − deadband` for `off_delay` seconds; low alarms the other way round. An alarm must come early enough: at the
# > latest when the consequence is as far away as the operator's response takes. `None` removes an alarm.

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 工具（不用改）/ Tools, ready to use
import csv

with open("assets/shift.csv", encoding="utf-8") as _file:
    _rows = list(csv.DictReader(_file))
T = [float(row["t"]) for row in _rows]  # 秒，每 10 秒一个点 / s, one sample in 10 s
DATA = {tag: [float(row[tag]) for row in _rows] for tag in _rows[0] if tag != "t"}
with open("assets/events.csv", encoding="utf-8") as _file:
    EVENTS = [(row["alarm"], float(row["begin"]), float(row["latest"])) for row in csv.DictReader(_file)]
HOURS = 8.0


def _row(limit, priority=1):
    return {"limit": limit, "deadband": 0.0, "on_delay": 0.0, "off_delay": 0.0, "priority": priority}


DELIVERED = {  # 投运时的配置 / as delivered
    "lit101.level:H": _row(800.0), "lit101.level:L": _row(500.0), "p101.current:H": _row(26.0), "p101.bearing:H": _row(58.0),
    "pit201.pressure:L": _row(400.0), "ait201.turbidity:H": _row(3.0), "ait202.chlorine:L": _row(0.55), "p102.current:L": _row(1.0),
}


def changes(name, alarm, times=T, data=DATA):
    """一条报警的来与去：[(秒, True 来 / False 去)] / When an alarm comes and goes."""
    tag, kind = name.split(":")
    sign = 1 if kind == "H" else -1
    limit, band = sign * alarm["limit"], alarm["deadband"]
    active, since, found = False, None, []
    for time, value in zip(times, data[tag]):
        value *= sign
        holds = (value > limit - band if band else value >= limit) if active else value >= limit
        if holds == active:
            since = None
            continue
        since = time if since is None else since
        if time - since >= alarm["off_delay" if active else "on_delay"]:
            active, since = holds, None
            found.append((time, active))
    return found


def replay(alarms):
    """整套配置在这一班的报警记录：[[秒, 报警, 来/去]] / The alarm log of a configuration."""
    return sorted([time, name, on] for name, alarm in alarms.items() if alarm for time, on in changes(name, alarm))


def show(name, alarms, hours=(0, 8)):
    """画一条报警：曲线、限值与死区、报警时段、真正的事故 / Draw one alarm."""
    import matplotlib.pyplot as plt

    alarm, tag = alarms[name], name.split(":")[0]
    figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
    axes.plot([t / 3600 for t in T], DATA[tag], lw=0.7, color="#35618f")
    axes.axhline(alarm["limit"], color="#b3261e", lw=1)
    back = alarm["limit"] + (-alarm["deadband"] if name.endswith("H") else alarm["deadband"])
    axes.axhspan(*sorted((alarm["limit"], back)), color="#b3261e", alpha=0.12)
    log = changes(name, alarm) + [(T[-1], False)]
    for begin, end in zip(log[::2], log[1::2]):
        axes.axvspan(begin[0] / 3600, end[0] / 3600, ymax=0.06, color="#b3261e")
    for event, begin, latest in EVENTS:
        if event == name:
            axes.axvspan(begin / 3600, latest / 3600, color="#e0a100", alpha=0.25)
    axes.set(title=f"{name}: {sum(on for _, on in log)} alarms; yellow: event, from its begin to the latest moment",
             xlabel="h", xlim=hours)
    plt.show()


# %% [markdown]
# ## 第一步 先量一量
#
# 写出 `alarm_kpis(log, hours)`。`log` 是按时间排好的 `[[秒, 报警, True 来 / False 去], …]`，`hours` 是这一班的小时数。返回字典：
#
# | 键 | 含义 | 参考值 |
# |---|---|---|
# | `per_hour` | 平均每小时**来**几条 | EEMUA 191：平均十分钟不超过一条，即每小时 6 条 |
# | `peak` | **任意**连续十分钟（含起点，不含终点）里来得最多的条数 | 超过 10 条就是报警洪水 |
# | `chattering` | 抖动的报警：**同一条**在 60 秒之内（含）来了三次；名字排好序的列表 | ISA-18.2：一条都不该有 |
# | `standing` | 常驻的报警：一次站了 3600 秒或更久，**到班末还没消的也算**；名字排好序的列表 | 一条都不该有 |
#
# > **English.** `alarm_kpis(log, hours)` returns `per_hour` (alarms that came, per hour), `peak` (most in any ten minutes),
# > `chattering` (sorted ids that came three times within 60 s) and `standing` (sorted ids that stood for 3600 s or longer, also
# > those that still stand at the end).

# %% nbgrader={"grade_id": "kpis", "grade": true, "solution": true, "locked": false, "points": 25, "schema_version": 3, "cell_type": "code"}
def alarm_kpis(log, hours):
    """一班报警的四个数字 / Four figures of a shift's alarms."""
    ### BEGIN SOLUTION
    times = [time for time, _, on in log if on]
    chattering, standing, came, since = set(), set(), {}, {}
    for time, name, on in log:
        if on:
            since[name] = time
            came.setdefault(name, []).append(time)
            if len(came[name]) >= 3 and time - came[name][-3] <= 60:
                chattering.add(name)
        elif time - since.pop(name, time) >= 3600:
            standing.add(name)
    standing |= {name for name, time in since.items() if hours * 3600 - time >= 3600}
    return {
        "per_hour": len(times) / hours,
        "peak": max((sum(first <= time < first + 600 for time in times) for first in times), default=0),
        "chattering": sorted(chattering),
        "standing": sorted(standing),
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "kpis-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
def check(title, found, expected):
    print("✔" if found == expected else "✘", title, "→", found, "" if found == expected else f"(应为 / expected {expected})")


_log = [[0, "a", True], [20, "a", False], [30, "a", True], [40, "a", False], [60, "a", True], [70, "a", False],
        [590, "b", True], [600, "c", True], [660, "b", False], [9000, "d", True]]
_found = alarm_kpis(_log, 4)
check("per_hour", _found["per_hour"], 1.5)
check("peak", _found["peak"], 4)
check("chattering", _found["chattering"], ["a"])
check("standing", _found["standing"], ["c", "d"])
print("投运时的配置 / as delivered:", {key: value for key, value in alarm_kpis(replay(DELIVERED), HOURS).items()})

# %% [markdown]
# ## 第二步 整定
#
# 每一条都按同样的次序想：
#
# 1. **限值**。设事故以最快的速度 $r$ 发展，后果在 $x_c$，人要 $t_r$ 分钟，延时 $t_d$ 分钟，那么最晚要设在 $x_c - r\,(t_r + t_d)$。
#    另一边，要离正常范围（包括波动、天气）有余量。两边之间的宽度就是你的余地。
#    例：液位高，$1600-28\times(15+0.5)=1166$ mm，正常最高约 820 mm，设在 900～1100 mm 都可以。
# 2. **死区**。比噪声的峰峰值大；又不能大到报警消不掉。
# 3. **延时**。比无害的干扰长，又要从余地里扣掉它走过的那一段。
# 4. **优先级**。
#
# | | 响应 10 分钟以内 | 响应超过 10 分钟 |
# |---|---|---|
# | 严重 | 1 | 2 |
# | 较重 | 2 | 3 |
# | 轻微 | 3 | 3 |
#
# 5. **该不该有**。报警要有人来响应，做一件具体的事。没有事可做的，不是报警。
#
# 得分：事故按时报出（20 分，不到一半则整格只计这一项）、每小时与十分钟的条数（10）、没有事故也来的报警平均一班不超过一条（10）、
# 不抖动（8）、不常驻（8）、优先级（4）。
#
# > **English.** For each alarm: the limit lies between the normal range and the consequence minus the fastest rate times (response
# > plus delay); the deadband is wider than the noise; the delay is longer than harmless disturbances; the priority follows from
# > severity and time to respond. What nobody has to respond to is no alarm. Points: events in time 20 (under half of them: nothing
# > else counts), alarms per hour and in ten minutes 10, at most one alarm a shift with nothing behind it 10, no chattering 8,
# > none standing 8, priorities 4.

# %% nbgrader={"grade_id": "config", "grade": true, "solution": true, "locked": false, "points": 60, "schema_version": 3, "cell_type": "code"}
ALARMS = {name: dict(alarm) for name, alarm in DELIVERED.items()}
### BEGIN SOLUTION
def alarm(limit, deadband, on_delay, off_delay, priority):
    return {"limit": limit, "deadband": deadband, "on_delay": on_delay, "off_delay": off_delay, "priority": priority}


ALARMS = {
    "lit101.level:H": alarm(950.0, 40.0, 30, 60, 3),
    "lit101.level:L": alarm(430.0, 40.0, 20, 60, 1),
    "p101.current:H": alarm(27.0, 1.5, 60, 60, 2),
    "p101.bearing:H": alarm(75.0, 3.0, 60, 120, 3),
    "pit201.pressure:L": alarm(345.0, 20.0, 60, 60, 1),
    "ait201.turbidity:H": alarm(3.6, 0.6, 60, 60, 1),
    "ait202.chlorine:L": alarm(0.43, 0.04, 60, 120, 3),
    "p102.current:L": None,
}
### END SOLUTION

# %% nbgrader={"grade_id": "config-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：在眼前这一班上 / On this one shift (no points)
def look(alarms):
    log = replay(alarms)
    for name, alarm in alarms.items():
        if alarm is None:
            print(f"{name:20} 不要 / none")
            continue
        came = [time for time, other, on in log if other == name and on]
        told = ""
        for event, begin, latest in EVENTS:
            if event == name:
                first = next((time for time in came if begin <= time <= latest), None)
                told += "  ✘ 误了 / too late or missed" if first is None else f"  ✔ 提前 / in time by {(latest - first) / 60:.0f} min"
        print(f"{name:20} {len(came):4} 条 / alarms{told}")
    print({key: value for key, value in alarm_kpis(log, HOURS).items()})


look(ALARMS)

# %% [markdown]
# ## 工作台
#
# 下面这一格随便用。`show("p101.current:H", ALARMS)` 画出一条报警；加 `hours=(6, 7.5)` 看一小段；`show(…, DELIVERED)` 看投运时的样子。
#
# > **English.** Your workbench: `show(name, ALARMS, hours=(6, 7.5))` draws one alarm.

# %% nbgrader={"grade_id": "explore", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
for _tag, _values in DATA.items():
    _ordered = sorted(_values)
    print(f"{_tag:16} 1 %: {_ordered[28]:8.4g}   中位 / median: {_ordered[1440]:8.4g}   99 %: {_ordered[2850]:8.4g}")
### END SOLUTION

# %% [markdown]
# ## 第三步 报警说明书
#
# 用自己的话写（教师评阅），每条两三句：
#
# 1. 选一条报警，写出它的说明：原因、后果、操作工该做什么、为什么是这个限值（把算式写出来）。
# 2. 死区和延时都能治抖动。什么时候只能用死区，什么时候只能用延时？各举一例。
# 3. 去掉备用泵的那条之后，怎样保证备用泵真坏了有人知道？
#
# > **English.** For the instructor: document one alarm (cause, consequence, response, the sum behind its limit); when only a deadband
# > and when only a delay cures chattering; and how anybody learns that the standby pump is really broken.

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 出口压力低：管网爆管或阀门误关；用户断水；操作工看流量，启动备用泵，通知巡线。最快 10 kPa/分，响应 5 分，延时 1 分，
#    最晚 250+10×6=310 kPa；正常最低约 365 kPa，取 345 kPa。
# 2. 值在限值附近长时间徘徊，只能用死区，延时只会把一串报警变慢；短而大的尖峰（启动电流、气泡）死区管不住，只能用延时。
# 3. 定期轮换运行，试启动失败才报警；或者监视“要启动而没有电流”这个组合，而不是电流本身。
# ### END SOLUTION
