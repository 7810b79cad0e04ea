# Long because a notebook is one file. What stands before the first cell is part of none.

# %% [markdown]
# # 灌装线的 OEE：从状态和计数到一张班报
#
# 车间想在看板上看到灌装线的 OEE。设备科用 OPC UA 读得到机器，信息科用 MQTT 收得到消息，两边算出来的数却差了十几个百分点：一边把休息算成停机，一边把重发的消息又加了一遍。你来写一个**两边都认的算法**，再把结果发回产线。
#
# 做完这个实验，你会：
#
# 1. 用 OPC UA 按浏览路径读 PackML 的设计速度，按节点号读状态和计数；
# 2. 用 MQTT 订阅状态和计数，分清**测量时间**与**到达时间**、**新消息**与**保留消息**；
# 3. 从重复、迟到、会清零的消息里还原出一个班的状态和产量；
# 4. 按同一口径算出时间开动率、性能开动率、合格品率和 OEE，合并几个班，再用 MQTT 发布出去。
#
# > **English.** Two departments compute the bottling line's OEE and differ by more than ten points: one counts the break as
# > downtime, the other adds repeated messages twice. Read the line over OPC UA, collect its messages over MQTT, rebuild states and
# > production of a shift from messages that come late, twice or begin again at zero, compute OEE, and publish it.

# %% [markdown]
# ## 谁在哪里运行
#
# ![浏览器、实验容器和灌装线；提交以后用新的灌装线和没见过的班](assets/who-runs-where.svg)
#
# 抄屏幕上的数得不到分：评分时线是新的，班是没见过的。能得分的是**函数**。
#
# > **English.** Steps 1, 2 and 7 are called again beside a fresh line, whose own log must show the reads, subscriptions and the
# > publication. The other functions are asked about three shifts that nobody has seen.

# %% [markdown]
# ## 口径：先说好怎样算
#
# 灌装机是瓶颈，它的 OEE 代表整条线（C01《从寄存器到 OEE》）。
#
# | 量 | 怎样算 |
# |---|---|
# | 计划时间 `planned` | 班次长度 − 日历上的休息（只减落在班次里的部分） |
# | 停机 | 休息以外，灌装机**自己**没准备好的时间：除了下面四个状态，其余状态都是停机 |
# | 开动时间 `running` | 计划时间 − 停机 |
# | 完成数 `made` | `filler.count` 在班次里的增量，含剔除的 |
# | 合格数 `good` | 完成数 − `line.rejects` 的增量 |
# | 时间开动率 `availability` | 开动时间 ÷ 计划时间 |
# | 性能开动率 `performance` | 完成数 ÷（理想速度 × 开动时间） |
# | 合格品率 `quality` | 合格数 ÷ 完成数 |
# | `oee` | 三者之积 |
#
# **不算停机的四个 PackML 状态**：6 Execute（运行）、13 Suspending、5 Suspended、14 Unsuspending（挂起：等瓶或堵料，机器是好的）。等待拉低的是**性能**。保持（Held）、停止（Stopped）、中止（Aborted）、空闲（Idle）……在休息以外都是停机，休息结束了还没开起来也是。
#
# > **English.** Planned time is the shift without the breaks of its calendar. Down is, outside breaks, every state but Execute (6) and
# > the three suspended ones (13, 5, 14): waiting for neighbours is lost performance. Bottles made include rejects.

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 工具（不用改）/ Tools, ready to use
import csv
import json
import sys
import time
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from asyncua.sync import Client
from paho.mqtt import publish as mqtt_publish

HOST, MQTT_PORT, OPCUA_URL = "127.0.0.1", 1883, "opc.tcp://127.0.0.1:4840"
BASE = "shixun/site1/bottling/line1/"
TOPICS = {"filler.state": BASE + "filler/state", "filler.count": BASE + "filler/count", "line.rejects": BASE + "line/rejects",
          "rinser.pressure": BASE + "rinser/pressure"}
KPI_TOPIC = BASE + "kpi/shift"
STATES = ["", "CLEARING", "STOPPED", "STARTING", "IDLE", "SUSPENDED", "EXECUTE", "STOPPING", "ABORTING", "ABORTED", "HOLDING",
          "HELD", "UNHOLDING", "SUSPENDING", "UNSUSPENDING", "RESETTING", "COMPLETING", "COMPLETE"]


def check(title, found, expected):
    """打勾或打叉 / Tick or cross."""
    number = isinstance(expected, float) and isinstance(found, (int, float))
    good = abs(found - expected) <= 1e-6 * max(1.0, abs(expected)) if number else found == expected
    print("✔" if good else "✘", title, "→", found, "" if good else f"(应为 / expected {expected})")


def clock(seconds):
    """1970 年以来的秒 → 北京时间 / Seconds since 1970 as Beijing time."""
    return time.strftime("%H:%M:%S", time.gmtime(seconds + 8 * 3600))


def load():
    """一个录下来的班：消息（按到达先后）和日历 / A recorded shift: messages as they arrived, and its calendar."""
    with open("assets/shift.csv", encoding="utf-8") as file:
        messages = [
            {"tag": row["tag"], "value": int(row["value"]), "time": float(row["time"]), "arrived": float(row["arrived"]),
             "retain": row["retain"] == "1"}
            for row in csv.DictReader(file)
        ]
    with open("assets/shift.json", encoding="utf-8") as file:
        return messages, json.load(file)


def show_states(parts, shift, title="filler"):
    """状态时间线 / The states of a shift as a time line."""
    if "ipykernel" not in sys.modules:
        return  # 评分时没有人看图 / nobody looks while it is graded
    import matplotlib.pyplot as plt

    kinds = {"Execute": ([6], "#2e7d4f"), "waiting (5, 13, 14)": ([5, 13, 14], "#e0a100"),
             "failure (8, 9, 1)": ([8, 9, 1], "#b3261e"), "held (10-12)": ([10, 11, 12], "#8e5ba6"),
             "other stop": ([2, 3, 4, 7, 15, 16, 17], "#7a8a92")}
    figure, axes = plt.subplots(figsize=(6.8, 2.4), layout="constrained")
    for name, (states, color) in kinds.items():
        bars = [((begin - shift["start"]) / 3600, (end - begin) / 3600) for begin, end, state in parts if state in states]
        axes.broken_barh(bars, (0, 1), color=color, label=name)
    for begin, end in shift["breaks"]:
        axes.axvspan((begin - shift["start"]) / 3600, (end - shift["start"]) / 3600, fill=False, hatch="///", edgecolor="#35618f")
    hours = (shift["end"] - shift["start"]) / 3600
    axes.set(xlim=(0, hours), yticks=[], xlabel=f"hours since {clock(shift['start'])}; hatched: break",
             title=f"{title}: {len(parts)} intervals, {sum(end - begin for begin, end, _ in parts) / 3600:.2f} of {hours:.2f} h known")
    figure.legend(ncols=3, fontsize=9, loc="outside lower center", frameon=False)
    plt.show()


def show_losses(report, ideal_rate):
    """瓶数的阶梯：从计划时间能做的，到合格的 / From the bottles that the planned time could give to the good ones."""
    if "ipykernel" not in sys.modules:
        return
    import matplotlib.pyplot as plt

    speed = ideal_rate / 60
    levels = [report["planned"] * speed, report["running"] * speed, report["made"], report["good"]]
    names = ["planned time\nat ideal rate", "down", "waiting,\nslow", "rejects", "good"]
    figure, axes = plt.subplots(figsize=(6.4, 3), layout="constrained")
    axes.bar(names[0], levels[0], color="#35618f")
    for name, before, after in zip(names[1:4], levels, levels[1:]):
        axes.bar(name, before - after, bottom=after, color="#b3261e")
        axes.text(name, max(before, after) + levels[0] * 0.015, f"−{before - after:,.0f}", ha="center")
    axes.bar(names[4], levels[3], color="#2e7d4f")
    axes.text(names[0], levels[0] * 1.015, f"{levels[0]:,.0f}", ha="center")
    axes.text(names[4], levels[3] + levels[0] * 0.015, f"{levels[3]:,.0f}", ha="center")
    shares = "A {availability:.1%} × P {performance:.1%} × Q {quality:.1%} = OEE {oee:.1%}".format(**report)
    axes.set(title=shares, ylabel="bottles", ylim=(min(0, *levels) * 1.12, max(1, *levels) * 1.12))
    plt.show()


MESSAGES, SHIFT = load()

# %% [markdown]
# ## 第一步 用 OPC UA 读产线
#
# 写出 `read_line(url)`，返回字典：
#
# | 键 | 读哪个节点 |
# |---|---|
# | `state` | `ns=2;s=filler.state`，灌装机的 PackML 状态号 |
# | `count` | `ns=2;s=filler.count`，灌装机计数（瓶） |
# | `rejects` | `ns=2;s=line.rejects`，剔除数（瓶） |
# | `design_speed` | PackML 实例里的设计速度（瓶/分）。从 `Objects` 出发，浏览路径是 `3:PackMLObjects` → `2:BottlingLine` → `3:Admin` → `3:MachDesignSpeed` |
#
# 理想速度要用**设计速度** `MachDesignSpeed`，不是 `Status` 里的 `MachSpeed`：后者是操作工此刻的设定，降速之后再拿它当分母，损失就看不见了。
#
# 用 `asyncua.sync.Client`（笔记本里已经有事件循环，`asyncio.run` 会出错）。`with Client(url) as client:` 用完自动断开；`client.get_node("ns=2;s=…")`、`client.nodes.objects.get_child([…])`、`.read_value()` 够用了。
#
# > **English.** `read_line(url)` returns `state`, `count`, `rejects` (by node id) and `design_speed` (by browse path, in bottles/min). The
# > design speed is the ideal rate; `MachSpeed` is only what the operator set.

# %% nbgrader={"grade_id": "read-line", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "code"}
def read_line(url):
    """灌装机此刻的状态、计数、剔除数和设计速度 / State, counters and design speed of this moment."""
    ### BEGIN SOLUTION
    nodes = {"state": "ns=2;s=filler.state", "count": "ns=2;s=filler.count", "rejects": "ns=2;s=line.rejects"}
    with Client(url) as client:
        found = {name: client.get_node(node).read_value() for name, node in nodes.items()}
        speed = client.nodes.objects.get_child(["3:PackMLObjects", "2:BottlingLine", "3:Admin", "3:MachDesignSpeed"])
        found["design_speed"] = speed.read_value()
    return found
    ### END SOLUTION


# %% nbgrader={"grade_id": "read-line-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：和画面（HMI）对一对；再运行一次，计数应当变大 / Compare with the screen; run again and the count grows
_now = read_line(OPCUA_URL)
print("状态 / state:", _now["state"], STATES[_now["state"]])
print("计数 / count:", _now["count"], "  剔除 / rejects:", _now["rejects"])
check("设计速度 / design speed", _now["design_speed"], 54.0)

# %% [markdown]
# ## 第二步 用 MQTT 收消息
#
# OPC UA 是问一次答一次。要知道状态**什么时候**变的，得让它来告诉我们。四个主题在 `TOPICS` 里；冲洗水压力总在变，有它在，就知道连接是活的：状态没有消息，是机器没有动，不是线断了。内容是这样的 JSON：
#
# ```json
# {"value": 1507, "unit": "bottle", "quality": "good", "timestamp": "2026-11-29T13:28:35.528Z"}
# ```
#
# 写出 `collect(host, port, count)`：订阅四个主题，**收满 `count` 条就返回**（30 秒还没收满，就返回已有的），按到达先后排成列表。一条消息是：
#
# ```python
# {"tag": "filler.count", "value": 1507, "time": 1795958915.528, "arrived": 1795958915.611, "retain": False}
# ```
#
# - `time`：**测量时间**，由 `timestamp` 换成 1970 年以来的秒；`arrived`：**到达时间**，你收到时的 `time.time()`。
# - `retain`：消息的保留标志。刚订阅时先来的四条是代理替产线存着的最后一条，**那一刻并没有发生什么**，但它告诉你现在是什么状态，不能扔。
# - `quality` 不是 `"good"` 的没有值，不要收。
#
# 写法：`mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)`，给它 `on_message`，`connect` 之后 `subscribe`，再一遍遍 `client.loop(0.1)`。
#
# > **English.** `collect(host, port, count)` subscribes to the four topics and returns the first `count` messages (or what came within
# > 30 s) in order of arrival. `time` is when it was measured, `arrived` when you got it, `retain` the message's retain flag.

# %% nbgrader={"grade_id": "collect", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def collect(host, port, count):
    """订阅后收到的前 count 条消息 / The first `count` messages after subscribing."""
    ### BEGIN SOLUTION
    messages, tags = [], {topic: tag for tag, topic in TOPICS.items()}

    def received(_client, _data, message):
        body = json.loads(message.payload)
        if body["quality"] == "good":
            messages.append({
                "tag": tags[message.topic],
                "value": body["value"],
                "time": datetime.fromisoformat(body["timestamp"]).timestamp(),
                "arrived": time.time(),
                "retain": message.retain,
            })

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_message = received
    client.connect(host, port)
    client.subscribe([(topic, 1) for topic in tags])
    latest = time.monotonic() + 30
    while len(messages) < count and time.monotonic() < latest:
        client.loop(0.1)
    client.disconnect()
    return messages[:count]
    ### END SOLUTION


# %% nbgrader={"grade_id": "collect-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：前四条是保留的，后面的是新来的；多收几条再看看 / The first four are retained; ask for some more
for _one in collect(HOST, MQTT_PORT, 5):
    print(f"{_one['tag']:15} {_one['value']:>8} {clock(_one['time'])} +{_one['arrived'] - _one['time']:.2f} s",
          "保留" if _one["retain"] else "新")

# %% [markdown]
# ### 工作台：让线停一下
#
# 把下面这段抄进工作台运行，同时看着画面。OPC UA 下命令，MQTT 送来状态：10 保持中，11 已保持，12 解除保持中，6 运行。（状态一秒发一次，只保持一秒的 10 和 12 有时看不到。）
#
# ```python
# def states(count):
#     return [STATES[one["value"]] for one in collect(HOST, MQTT_PORT, count) if one["tag"] == "filler.state"]
#
# with Client(OPCUA_URL) as client:
#     line = client.get_node("ns=2;s=line")
#     line.call_method("2:hold")
#     print(states(10))
#     line.call_method("2:unhold")
#     print(states(15))
# ```
#
# > **English.** Your workbench, no points: hold the line over OPC UA and watch the states arrive over MQTT.

# %% nbgrader={"grade_id": "workbench", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
print(clock(time.time()), len(MESSAGES), "条消息 / messages")
### END SOLUTION

# %% [markdown]
# ## 第三步 消息 → 状态区间
#
# 一个班的消息录在 `MESSAGES` 里，样子和 `collect` 的一样，**按到达先后**排列；日历在 `SHIFT` 里：
#
# ```python
# {"start": 班次开始, "end": 班次结束, "breaks": [[休息开始, 休息结束], …], "ideal_rate": 理想速度（瓶/分）}
# ```
#
# 现场的网络不干净，这些事都会发生：
#
# - **重复**：QoS 1 没等到应答就重发，同一条（同样的测点、测量时间、值）来两次，第二次可能晚一分钟；
# - **迟到**：网关断网时先存着，恢复后一起补发，夹在新消息中间，顺序也乱；
# - **保留**：接收程序每次连上，先收到各测点最后一条（`retain` 为真）。断线期间变了的状态，**只有这一条告诉你**；
# - 不止灌装机一台：还有 `capper.state` 等别的测点。
#
# 写出 `intervals(messages, tag, start, end)`，返回 `[[从, 到, 状态], …]`，按时间排好：
#
# - 一律用**测量时间** `time`；一个状态从它测量的那一刻，持续到下一条不同时间的消息；
# - 班次开始时的状态，是开始以前最后一条说的；**最后一个状态持续到 `end`**；
# - 裁到 `[start, end]` 之内，长度为零的不要。第一条消息以前的时间不知道是什么状态，空着。
#
# > **English.** `intervals(messages, tag, start, end)` → `[[from, to, state], …]` by the time of measurement, clipped to the shift. The state
# > at `start` is that of the last message before; the last one lasts until `end`. Messages may come twice, late and out of order; a
# > retained one may be all that is left of a change during a lost connection.

# %% nbgrader={"grade_id": "intervals", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def intervals(messages, tag, start, end):
    """[[从, 到, 状态], …] / States as intervals within [start, end]."""
    ### BEGIN SOLUTION
    # 去掉重复，按测量时间排序
    rows = sorted({(one["time"], one["value"]) for one in messages if one["tag"] == tag})
    until = [moment for moment, _ in rows[1:]] + [end]
    found = [[max(moment, start), min(after, end), state] for (moment, state), after in zip(rows, until)]
    return [part for part in found if part[0] < part[1]]
    ### END SOLUTION


# %% nbgrader={"grade_id": "intervals-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
def message(tag, value, moment, arrived=None, retain=False):
    return {"tag": tag, "value": value, "time": moment, "arrived": moment if arrived is None else arrived, "retain": retain}


_few = [message("filler.state", 6, 40.0, 95.0, retain=True), message("filler.state", 9, 130.0), message("filler.state", 5, 180.0),
        message("capper.state", 9, 185.0), message("filler.state", 6, 150.0, 190.0), message("filler.state", 9, 130.0, 200.0)]
check("开始与结束 / both ends", intervals(_few[:1], "filler.state", 100.0, 200.0), [[100.0, 200.0, 6]])
check("迟到与重复 / late and twice", intervals(_few, "filler.state", 100.0, 200.0),
      [[100.0, 130.0, 6], [130.0, 150.0, 9], [150.0, 180.0, 6], [180.0, 200.0, 5]])
check("没有消息 / no message", intervals(_few, "packer.state", 100.0, 200.0), [])
show_states(intervals(MESSAGES, "filler.state", SHIFT["start"], SHIFT["end"]), SHIFT)

# %% [markdown]
# ## 第四步 计数 → 产量
#
# 写出 `produced(messages, tag, start, end)`：计数器在班次里增加了多少。
#
# - 起点是 `start` 时或以前的最后一个读数（没有，就用班次里的第一个），终点是 `end` 时或以前的最后一个；
# - 用测量时间排好，把相邻两个读数的增量加起来。后一个**比前一个小**，有两种原因：
#   - **溢出**：计数器是 32 位的，过了 4294967295 回到 0。补 $2^{32}$ 之后的增量**不超过 1000 瓶**，就是溢出；
#   - **清零**：控制器重启或换班。否则就是清零，增量是**后一个读数本身**。
# - 少于两个读数，返回 0。
#
# > **English.** `produced(messages, tag, start, end)`: growth of a counter, from the last reading at or before `start` (or else the first). A
# > smaller reading is a wrap at 2³² if that makes 1000 bottles at most, otherwise a reset: then the new reading itself is the growth.

# %% nbgrader={"grade_id": "produced", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "code"}
def produced(messages, tag, start, end):
    """班次里的产量 / Bottles counted within the shift."""
    ### BEGIN SOLUTION
    rows = sorted({(one["time"], one["value"]) for one in messages if one["tag"] == tag})
    counts = [count for moment, count in rows if moment <= start][-1:] + [count for moment, count in rows if start < moment <= end]
    total = 0
    for before, now in zip(counts, counts[1:]):
        step = now - before
        if step < 0:
            step = step + 2**32 if step + 2**32 <= 1000 else now
        total += step
    return total
    ### END SOLUTION


# %% nbgrader={"grade_id": "produced-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
def _counts(*rows):
    return [message("filler.count", count, moment, arrived) for count, moment, arrived in rows]


check("普通 / plain", produced(_counts((500, 90, 90), (530, 120, 120), (560, 150, 150), (590, 210, 210)), "filler.count", 100, 200), 60)
check("迟到 / late", produced(_counts((500, 90, 90), (560, 150, 150), (530, 120, 160)), "filler.count", 100, 200), 60)
check("溢出 / wrap", produced(_counts((2**32 - 20, 90, 90), (15, 120, 120)), "filler.count", 100, 200), 35)
check("清零 / reset", produced(_counts((500, 90, 90), (520, 120, 120), (7, 150, 150), (30, 180, 180)), "filler.count", 100, 200), 50)
check("这一班灌装 / filled in this shift", produced(MESSAGES, "filler.count", SHIFT["start"], SHIFT["end"]), 19742)

# %% [markdown]
# ## 第五步 班报
#
# 写出 `shift_report(messages, shift)`，按“口径”一节返回字典：`planned`、`running`（秒），`made`、`good`（瓶），`availability`、`performance`、`quality`、`oee`（0…1）。
#
# - 理想速度是**瓶/分**，时间是**秒**；
# - 日历上的休息可能伸到班次外面，只减里面的部分；落在休息里的停机不算；
# - 分母是零的因子记 0。
#
# **验算**：三个因子一乘，开动时间和完成数都约掉了，OEE = 合格数 ÷（计划时间按理想速度能做的瓶数）。两种算法不一样，必有一步错了。
#
# > **English.** `shift_report(messages, shift)` returns `planned`, `running` (s), `made`, `good` (bottles) and the four shares. Breaks may reach
# > beyond the shift; a factor whose denominator is zero is 0. Check: OEE = good ÷ (what the planned time gives at the ideal rate).

# %% nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 25, "schema_version": 3, "cell_type": "code"}
def shift_report(messages, shift):
    """一个班的时间、瓶数和 OEE / Times, bottles and OEE of a shift."""
    ### BEGIN SOLUTION
    def resting(begin, end):  # [begin, end] 里属于休息的秒数
        return sum(max(0, min(end, until) - max(begin, since)) for since, until in shift["breaks"])

    start, end = shift["start"], shift["end"]
    planned = end - start - resting(start, end)
    parts = intervals(messages, "filler.state", start, end)
    stops = [(since, until) for since, until, state in parts if state not in (5, 6, 13, 14)]
    running = planned - sum(until - since - resting(since, until) for since, until in stops)
    made = produced(messages, "filler.count", start, end)
    good = made - produced(messages, "line.rejects", start, end)
    ideal = shift["ideal_rate"] / 60 * running
    availability = running / planned if planned else 0
    performance = made / ideal if ideal else 0
    quality = good / made if made else 0
    return {
        "planned": planned, "running": running, "made": made, "good": good,
        "availability": availability, "performance": performance, "quality": quality,
        "oee": availability * performance * quality,
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "report-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：先是一个小班，再是录下来的班 / A small shift, then the recorded one
_small = [message("filler.state", 6, 0.0), message("filler.state", 9, 600.0), message("filler.state", 6, 840.0),
          message("filler.state", 5, 2400.0), message("filler.state", 6, 2700.0), message("filler.state", 17, 3000.0),
          message("filler.count", 100, 0.0), message("filler.count", 2260, 3000.0),
          message("line.rejects", 10, 0.0), message("line.rejects", 64, 3000.0)]
_found = shift_report(_small, {"start": 0, "end": 4200, "breaks": [[3000, 4200]], "ideal_rate": 60.0})
for _name, _value in {"planned": 3000.0, "running": 2760.0, "made": 2160, "good": 2106, "availability": 0.92,
                      "performance": 2160 / 2760, "quality": 0.975, "oee": 0.702}.items():
    check(_name, _found.get(_name), _value)
REPORT = shift_report(MESSAGES, SHIFT)
print("录下来的班 / the recorded shift:")
for _name, _value in {"planned": 26160, "running": 24277.376, "made": 19742, "good": 19470, "oee": 0.827}.items():
    check(_name, round(REPORT.get(_name, 0), 4), _value)
check("验算 / cross-check", round(REPORT["oee"], 9), round(REPORT["good"] / (REPORT["planned"] * SHIFT["ideal_rate"] / 60), 9))
show_losses(REPORT, SHIFT["ideal_rate"])

# %% [markdown]
# ## 第六步 几个班合在一起
#
# 周报要一周的 OEE。**把各班的 OEE 加起来除以班数是错的**：只开两小时的班和开八小时的班不能一样重。写出 `total(reports, ideal_rate)`：`reports` 是几张班报，先把秒数和瓶数各自加起来，再算四个比率，返回 `availability`、`performance`、`quality`、`oee` 的字典。
#
# > **English.** `total(reports, ideal_rate)`: shares of several shifts together, from the sums of seconds and bottles; a mean of shares would
# > weigh a short shift like a long one.

# %% nbgrader={"grade_id": "total", "grade": true, "solution": true, "locked": false, "points": 5, "schema_version": 3, "cell_type": "code"}
def total(reports, ideal_rate):
    """几个班合计的四个比率 / Shares of several shifts together."""
    ### BEGIN SOLUTION
    planned, running, made, good = (sum(report[name] for report in reports) for name in ("planned", "running", "made", "good"))
    availability, performance, quality = running / planned, made / (ideal_rate / 60 * running), good / made
    return {
        "availability": availability, "performance": performance, "quality": quality,
        "oee": availability * performance * quality,
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "total-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：一个满班和一个只开了半小时的班 / A full shift, and one of half an hour
_full = {"planned": 27000, "running": 25650, "made": 22743, "good": 22402}
_short = {"planned": 1800, "running": 900, "made": 405, "good": 365}
for _name, _value in {"availability": 26550 / 28800, "performance": 23148 / 23895, "quality": 22767 / 23148, "oee": 22767 / 25920}.items():
    check(_name, total([_full, _short], 54.0).get(_name), _value)

# %% [markdown]
# ## 第七步 发布
#
# 看板、MES 都订阅着 `KPI_TOPIC`。写出 `publish(host, port, report, end)`：把班报发布到这个主题，内容是 JSON：
#
# ```json
# {"availability": 0.92, "performance": 0.7826, "quality": 0.975, "oee": 0.702, "timestamp": "2026-11-29T08:00:00+00:00"}
# ```
#
# - `timestamp` 是**班次结束的时间** `end`（1970 年以来的秒）写成带时区的 ISO 8601；
# - **QoS 1**：班报一天只有三张，不能丢；
# - **保留**：晚来的看板一订阅就看得到，有 `timestamp` 就知道是哪个班的。
#
# `paho.mqtt.publish.single`（这里叫 `mqtt_publish.single`）会等到送达再断开；自己 `publish` 之后马上 `disconnect`，消息常常还没出门。它断开之后会说一句 “Client is not connected”，那不是错误。
#
# > **English.** `publish(host, port, report, end)` sends the four shares and `timestamp` (the shift's end, ISO 8601 with its offset) as JSON to
# > `KPI_TOPIC`, with QoS 1 and retained. `mqtt_publish.single` waits until the broker has it; its last words, "Client is not
# > connected", are no error.

# %% nbgrader={"grade_id": "publish", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "code"}
def publish(host, port, report, end):
    """把班报发布到 KPI_TOPIC / Publish the report of a shift."""
    ### BEGIN SOLUTION
    body = {name: report[name] for name in ("availability", "performance", "quality", "oee")}
    body["timestamp"] = datetime.fromtimestamp(end, UTC).isoformat()
    mqtt_publish.single(KPI_TOPIC, json.dumps(body), qos=1, retain=True, hostname=host, port=port)
    ### END SOLUTION


# %% nbgrader={"grade_id": "publish-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：像看板那样，发布之后才来订阅 / Like a dashboard that comes later
publish(HOST, MQTT_PORT, REPORT, SHIFT["end"])
_board, _seen = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2), []
_board.on_message = lambda _client, _data, one: _seen.append((one.payload.decode(), one.retain))
_board.connect(HOST, MQTT_PORT)
_board.subscribe(KPI_TOPIC, 1)
_latest = time.monotonic() + 3
while not _seen and time.monotonic() < _latest:
    _board.loop(0.1)
_board.disconnect()
print("看板收到 / the dashboard got:", _seen[0] if _seen else "✘ 什么也没有 / nothing")

# %% [markdown]
# ## 第八步 写给车间主任
#
# 用几句话回答（教师评阅）：
#
# 1. 录下来的这一班，哪一份损失最大？你建议先查什么，凭什么？
# 2. 信息科把等待（状态 5、13、14）也算成停机。OEE 变不变？哪两个因子变了，各往哪边变？这会让人去修哪台机器？（ISO 22400-2 的可用率用“实际生产时间”，等待不在里面，和这里的口径不同：所以报 OEE 要附上口径。）
# 3. 重复、迟到、保留、清零：哪一种最容易让报表出错而没人发现？你会在报表旁边加一个什么数来发现它？
#
# > **English.** Three questions for your instructor: the largest loss and what to look into first; what changes when waiting is counted as
# > downtime (ISO 22400-2 does so), and whom that misleads; which kind of bad message hides best, and what would show it.

# %% [markdown] nbgrader={"grade_id": "note", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 看阶梯图里最高的红柱：等待和慢速最大，停机其次，剔除最小。等待多，说明缺料或堵料：先看瓶颈前后的缓冲和旋盖机、贴标机的短停，而不是灌装机本身。
# 2. OEE 不变，因为开动时间在乘积里约掉了：时间开动率变低，性能开动率变高。报表会说灌装机停得多，于是去修一台好的机器；真正的原因在它的上下游。
# 3. 清零按溢出补，会多出四十多亿瓶，一眼看得出；按零处理，只少几瓶，看不出来。迟到的旧计数被当成清零，多出一整个读数，最隐蔽。在报表旁边写上：收到几条、重复几条、晚到超过一分钟的几条、状态已知的时间占多少。
# ### END SOLUTION
