# %% [markdown]
# # 联锁与 PackML 状态机：一台停得住、不乱动的灌装机
#
# 一台单机灌装机要换控制程序。旧程序在两件事上出过事故：急停松开后机器自己又转了起来；操作工一直按着“启动”，批次刚结束，下一批就自己开了。
# 你要按 PLC 的方式重写它：**每个扫描周期读一遍输入，算一遍，写一遍输出**。
#
# 做完这个实验，你会：
#
# 1. 用一张表写出 PackML（ISA-TR88.00.02）的 17 个状态和全部转移；
# 2. 把联锁写成“任何时候都成立”的条件，而不是“正常情况下不会发生”；
# 3. 用上升沿区分“按了一下”和“一直按着”，让急停自保持，让机器只在复位之后才能再启动；
# 4. 说清保持（Held）与挂起（Suspended）的区别。
#
# > **English.** Rewrite the control program of a filling machine as a PLC would run it: read the inputs, compute, write the
# > outputs, scan after scan. All PackML transitions, interlocks that hold at all times, an emergency stop that latches, and
# > no restart without a reset.

# %% [markdown]
# ## 谁在哪里运行
#
# ```text
#   你的浏览器               实验容器                            评分（提交以后）
#   ┌────────────┐      ┌──────────────────────┐      ┌──────────────────────────────────────┐
#   │ 笔记本      │ ───► │ 内核：你写的 scan()     │      │ 你的 scan() ◄── 输入 ── 评分的灌装机    │
#   └────────────┘      │ 自查格里的小灌装机       │      │             ─── 输出 ──► 与安全规则     │
#                       └──────────────────────┘      └──────────────────────────────────────┘
#                         一个扫描周期 = 调用一次          每个周期问一次：上次的输出决定下次的输入
# ```
#
# 你的程序只看得到**本周期的输入**和**自己的存储区**，和真的 PLC 一样。评分的机器按你的输出动作，随机地按按钮、开护门、拍急停。
#
# > **English.** Your `scan` sees this scan's inputs and its own memory, nothing else. For grading it drives another machine:
# > your outputs decide the next inputs, while buttons, guard and emergency stop are operated at random.

# %% [markdown]
# ## 机器
#
# | 输入 | 类型 | 含义 |
# |---|---|---|
# | `cmd` | 整数 | 操作面板的指令寄存器：0 无，1 RESET，2 START，3 STOP，4 HOLD，5 UNHOLD，6 SUSPEND，7 UNSUSPEND，8 ABORT，9 CLEAR，10 COMPLETE。**按住多久，就保持多久** |
# | `done` | 布尔 | 本状态要做的动作已经做完（例如 STARTING 里各部件已就位） |
# | `estop_ok` | 布尔 | 急停回路。用**常闭**触点：`True` 是完好，`False` 是按下了**或断线了** |
# | `guard_closed` | 布尔 | 护门关好 |
# | `air_ok` | 布尔 | 压缩空气压力正常（灌装阀是气动的） |
# | `supply_ok` | 布尔 | 上游有瓶，下游有位置 |
# | `bottle` | 布尔 | 灌装位有瓶 |
# | `full` | 布尔 | 灌装位的瓶已满 |
#
# | 输出 | 类型 | 含义 |
# |---|---|---|
# | `state` | 整数 | PackML 状态号 |
# | `valve` | 布尔 | 灌装阀开 |
# | `conveyor` | 布尔 | 输送带走 |
# | `horn` | 布尔 | 启动预警：机器就要动了 |

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 名字和编号（不用改）/ Names and numbers, ready to use
(CLEARING, STOPPED, STARTING, IDLE, SUSPENDED, EXECUTE, STOPPING, ABORTING, ABORTED, HOLDING, HELD, UNHOLDING, SUSPENDING,
 UNSUSPENDING, RESETTING, COMPLETING, COMPLETE) = range(1, 18)
STATES = ["", "CLEARING", "STOPPED", "STARTING", "IDLE", "SUSPENDED", "EXECUTE", "STOPPING", "ABORTING", "ABORTED", "HOLDING",
          "HELD", "UNHOLDING", "SUSPENDING", "UNSUSPENDING", "RESETTING", "COMPLETING", "COMPLETE"]
NONE, RESET, START, STOP, HOLD, UNHOLD, SUSPEND, UNSUSPEND, ABORT, CLEAR, COMPLETE_CMD = range(11)
COMMANDS = ["NONE", "RESET", "START", "STOP", "HOLD", "UNHOLD", "SUSPEND", "UNSUSPEND", "ABORT", "CLEAR", "COMPLETE"]
CALM = {"cmd": NONE, "done": False, "estop_ok": True, "guard_closed": True, "air_ok": True, "supply_ok": True,
        "bottle": False, "full": False}


def check(title, found, expected):
    print("✔" if found == expected else "✘", title, "→", found, "" if found == expected else f"(应为 / expected {expected})")


# %% [markdown]
# ## 第一步 状态转移表
#
# ```text
#            RESET            START             （done）          COMPLETE            （done）
#  STOPPED ───────► RESETTING ─► IDLE ───────► STARTING ─► EXECUTE ────────► COMPLETING ─► COMPLETE ── RESET ─► RESETTING
#     ▲                                                   │    ▲
#     │ （done）                            HOLD / SUSPEND │    │ （done）
#  STOPPING ◄── STOP：除 STOPPED、STOPPING 和中止组以外       ▼    │
#                                           HOLDING ─► HELD ── UNHOLD ─► UNHOLDING
#                                        SUSPENDING ─► SUSPENDED ── UNSUSPEND ─► UNSUSPENDING
#
#  ABORTING ─► ABORTED ── CLEAR ─► CLEARING ─► STOPPED          中止组：ABORTING、ABORTED、CLEARING
#     ▲
#     └── ABORT：除 ABORTING、ABORTED 以外的任何状态（包括 CLEARING）
# ```
#
# - 名字以 -ING 结尾的十个是**动作状态**，`done` 为真就走到箭头所指的下一个状态；其余七个只听指令。
# - EXECUTE 是生产本身，规范也归在动作状态里，但它不会因为 `done` 自己结束。
# - 表里没有的（状态，指令）组合不起作用。
#
# 写出 `next_state(state, cmd, done)`：先看指令，指令有转移就走；否则动作状态看 `done`；都没有，状态不变。这里不管联锁。
#
# > **English.** `next_state(state, cmd, done)` is the bare PackML model: a command that has a transition wins; else an acting
# > state (its name ends in -ING) ends with `done`; else nothing changes. No interlocks yet.

# %% nbgrader={"grade_id": "transitions", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
AFTER = {
    CLEARING: STOPPED, STARTING: EXECUTE, STOPPING: STOPPED, ABORTING: ABORTED, HOLDING: HELD, UNHOLDING: EXECUTE,
    SUSPENDING: SUSPENDED, UNSUSPENDING: EXECUTE, RESETTING: IDLE, COMPLETING: COMPLETE,
}
TABLE = {
    (STOPPED, RESET): RESETTING, (COMPLETE, RESET): RESETTING, (IDLE, START): STARTING,
    (EXECUTE, HOLD): HOLDING, (HELD, UNHOLD): UNHOLDING, (EXECUTE, SUSPEND): SUSPENDING,
    (SUSPENDED, UNSUSPEND): UNSUSPENDING, (EXECUTE, COMPLETE_CMD): COMPLETING, (ABORTED, CLEAR): CLEARING,
}
for _state in range(1, 18):
    if _state not in (ABORTING, ABORTED, CLEARING, STOPPING, STOPPED):
        TABLE[_state, STOP] = STOPPING
    if _state not in (ABORTING, ABORTED):
        TABLE[_state, ABORT] = ABORTING
### END SOLUTION


def next_state(state, cmd, done):
    """PackML 状态模型 / The PackML state model."""
    ### BEGIN SOLUTION
    if (state, cmd) in TABLE:
        return TABLE[state, cmd]
    return AFTER[state] if done and state in AFTER else state
    ### END SOLUTION


# %% nbgrader={"grade_id": "transitions-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：评分时查全部 374 种组合 / A few of the 374 combinations that are graded (no points)
check("STOPPED + RESET", next_state(STOPPED, RESET, False), RESETTING)
check("RESETTING, done", next_state(RESETTING, NONE, True), IDLE)
check("EXECUTE, done：不会自己结束 / doesn't end", next_state(EXECUTE, NONE, True), EXECUTE)
check("HELD + STOP", next_state(HELD, STOP, False), STOPPING)
check("ABORTED + STOP：不起作用 / ignored", next_state(ABORTED, STOP, False), ABORTED)
check("STARTING + HOLD, done", next_state(STARTING, HOLD, True), EXECUTE)

# %% [markdown]
# ## 第二步 输出与联锁
#
# 写出 `outputs_of(state, inputs)`，返回上面四个输出的字典。规则：
#
# - `valve`：只在 EXECUTE，而且有瓶、没满、护门关好、气压正常、急停回路完好时开；
# - `conveyor`：EXECUTE 里没有瓶或瓶已满时走；COMPLETING 里一直走（把瓶送空）；两种情况都要护门关好、急停回路完好；
# - `horn`：STARTING、UNHOLDING、UNSUSPENDING 里响；
# - 由此，**阀开着的时候输送带绝不会走**。
#
# 也许你会想：EXECUTE 里护门不会是开的，状态机早就停了。联锁正是为“不会”准备的：状态机写错了，输出这一层还得挡住。
#
# > **English.** `outputs_of(state, inputs)` by the rules above. Interlocks belong to the outputs even where the state machine
# > should have stopped already: they are for the day when it didn't.

# %% nbgrader={"grade_id": "outputs", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
def outputs_of(state, inputs):
    """本状态、本周期输入下的输出 / The outputs of a state with this scan's inputs."""
    ### BEGIN SOLUTION
    safe = inputs["estop_ok"] and inputs["guard_closed"]
    filling = inputs["bottle"] and not inputs["full"]
    return {
        "state": state,
        "valve": state == EXECUTE and filling and safe and inputs["air_ok"],
        "conveyor": safe and (state == COMPLETING or (state == EXECUTE and not filling)),
        "horn": state in (STARTING, UNHOLDING, UNSUSPENDING),
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "outputs-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
def _shown(state, **inputs):
    found = outputs_of(state, CALM | inputs) or {}
    return [name for name in ("valve", "conveyor", "horn") if found.get(name)]


check("EXECUTE，空位 / no bottle", _shown(EXECUTE), ["conveyor"])
check("EXECUTE，有瓶 / bottle", _shown(EXECUTE, bottle=True), ["valve"])
check("EXECUTE，瓶满 / full", _shown(EXECUTE, bottle=True, full=True), ["conveyor"])
check("EXECUTE，有瓶，护门开 / guard open", _shown(EXECUTE, bottle=True, guard_closed=False), [])
check("STARTING", _shown(STARTING), ["horn"])

# %% [markdown]
# ## 第三步 一个扫描周期
#
# 写出 `scan(inputs, memory)`：返回输出字典。`memory` 是你的存储区（一个字典，第一个周期是空的），在里面存下一个周期要用的东西，
# 就像 PLC 功能块的静态变量。上电时机器在 STOPPED。
#
# **一个周期最多转移一次。** 按下面的顺序，第一条成立的生效，后面的这个周期不再看：
#
# 1. 急停回路断开，而且不在 ABORTING、ABORTED → ABORTING；
# 2. 指令 ABORT；
# 3. 护门打开，而且在 STARTING、EXECUTE、HOLDING、UNHOLDING、SUSPENDING、SUSPENDED、UNSUSPENDING、COMPLETING → STOPPING
#    （HELD 里可以开门排除卡瓶，那正是“保持”的用处；SUSPENDED 会自己恢复，所以不可以）；
# 4. 指令 STOP；
# 5. 其余指令，按转移表，而且**允许条件**成立：RESET 要护门关好；START 和 UNHOLD 要护门关好、气压正常；CLEAR 要急停回路完好；
# 6. EXECUTE 里气压不足 → HOLDING（**保持**：本机的原因，要人处理，由人 UNHOLD）；
# 7. EXECUTE 里 `supply_ok` 为假 → SUSPENDING（**挂起**：上下游的原因）；
# 8. SUSPENDED 里 `supply_ok` 为真 → UNSUSPENDING（原因没了，自己恢复）；
# 9. 动作状态，`done` 为真 → 下一个状态。
#
# **指令只在上升沿起作用**：`cmd` 与上一周期不同、又不是 0，才是一条新指令，并且只在这一个周期有效；被拒绝的指令就作废，要重新按。
# 上电时已经按着的指令不算。急停规则不合格的程序，这一格最多得 20 分。输出由**转移之后**的状态和本周期的输入决定：拍下急停的那个周期，阀就得关上。
#
# > **English.** `scan(inputs, memory)` returns the outputs; `memory` is a dict of your own, empty on the first scan; the machine
# > wakes up in STOPPED. One transition a scan: the first rule above that applies. A command acts in the one scan in which `cmd`
# > changes to it (not on the first scan); a refused command is lost. Outputs follow from the new state. A program whose
# > emergency stop fails gets 20 points at most.

# %% nbgrader={"grade_id": "scan", "grade": true, "solution": true, "locked": false, "points": 50, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
MOVING = (STARTING, EXECUTE, HOLDING, UNHOLDING, SUSPENDING, SUSPENDED, UNSUSPENDING, COMPLETING)


def permitted(cmd, inputs):
    """允许条件。"""
    if cmd == RESET:
        return inputs["guard_closed"]
    if cmd in (START, UNHOLD):
        return inputs["guard_closed"] and inputs["air_ok"]
    return cmd != CLEAR or inputs["estop_ok"]


def step(state, cmd, inputs):
    """本周期之后的状态：第一条成立的规则生效。"""
    if not inputs["estop_ok"] and state not in (ABORTING, ABORTED):
        return ABORTING
    if cmd == ABORT and next_state(state, ABORT, False) != state:
        return ABORTING
    if not inputs["guard_closed"] and state in MOVING:
        return STOPPING
    if next_state(state, cmd, False) != state and permitted(cmd, inputs):
        return next_state(state, cmd, False)
    if state == EXECUTE and not inputs["air_ok"]:
        return HOLDING
    if state == EXECUTE and not inputs["supply_ok"]:
        return SUSPENDING
    if state == SUSPENDED and inputs["supply_ok"]:
        return UNSUSPENDING
    return next_state(state, NONE, inputs["done"])
### END SOLUTION


def scan(inputs, memory):
    """一个扫描周期 / One scan."""
    ### BEGIN SOLUTION
    pressed = inputs["cmd"] if inputs["cmd"] != memory.get("cmd", inputs["cmd"]) else NONE
    memory["cmd"] = inputs["cmd"]
    memory["state"] = step(memory.get("state", STOPPED), pressed, inputs)
    return outputs_of(memory["state"], inputs)
    ### END SOLUTION


# %% nbgrader={"grade_id": "plc", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 评分和自查都这样运行你的程序（不用改）/ How your program is run, here and for grading
_MEMORY = {}


def plc(station, inputs):
    """一台机器的下一个周期：每台有自己的存储区 / The next scan of one machine; each has its own memory."""
    return scan(dict(inputs), _MEMORY.setdefault(station, {}))


def replay(sequence):
    """从上电起的许多周期 / Many scans, from power-up on."""
    memory = {}
    return [scan(dict(inputs), memory) for inputs in sequence]


# %% nbgrader={"grade_id": "scan-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：一个班次的片段，一行一个变化 / A piece of a shift, one line for each change (no points)
def story(*changes):
    inputs, sequence = dict(CALM), [dict(CALM)]
    for change in changes:
        inputs = inputs | change
        sequence.append(dict(inputs))
    outputs = replay(sequence)
    for row, change in zip(outputs[1:], changes):
        found = row or {}
        on = [name for name in ("valve", "conveyor", "horn") if found.get(name)]
        said = ", ".join(f"{k}={COMMANDS[v] if k == 'cmd' else v}" for k, v in change.items())
        print(f"  {said:44} → {STATES[found.get('state') or 0]:13} {' '.join(on)}")
    return [(row or {}).get("state") for row in outputs[1:]]


print("开机、灌一瓶 / Start and fill a bottle")
_start = ({"cmd": RESET}, {"cmd": NONE, "done": True}, {"cmd": START, "done": False}, {"cmd": NONE, "done": True})
_seen = story(*_start, {"done": False, "bottle": True}, {"full": True})
check("", _seen, [RESETTING, IDLE, STARTING, EXECUTE, EXECUTE, EXECUTE])
print("急停要自保持，松开之后也不动 / The emergency stop latches")
_seen = story(*_start, {"done": False, "bottle": True, "estop_ok": False}, {"estop_ok": True}, {"done": True}, {"cmd": START})
check("", _seen[4:], [ABORTING, ABORTING, ABORTED, ABORTED])
print("一直按着 START / START held down")
_seen = story({"cmd": RESET}, {"cmd": START, "done": True}, {"done": False}, {"done": True})
check("", _seen, [RESETTING, IDLE, IDLE, IDLE])
print("缺瓶：挂起，来瓶：恢复 / Starved, then supplied")
_seen = story(*_start, {"done": False, "supply_ok": False}, {"done": True}, {"done": False, "supply_ok": True}, {"done": True})
check("", _seen[4:], [SUSPENDING, SUSPENDED, UNSUSPENDING, EXECUTE])

# %% [markdown]
# 上面“一直按着 START”那一段：RESETTING 的那个周期里 `cmd` 变成 START，正是上升沿，可是 RESETTING 不认 START，这条指令就作废了。
# 到了 IDLE，`cmd` 没有再变，机器不动。要启动，得松开再按一次。
#
# ## 第四步 造一台小灌装机试一试
#
# 评分的机器按你的输出动作：输送带走，瓶才来、才走；阀开，瓶才满。下面这台也是。它数四样东西：灌好的瓶、没灌满就送走的、灌洒的、
# 急停或开门时还在动的周期。后三样应该是 0。
#
# > **English.** A small machine that does what your outputs say, as the one for grading does. It counts good bottles, bottles
# > sent on half full, spills, and scans that moved while the emergency stop or the guard was open. The last three stay 0.

# %% nbgrader={"grade_id": "machine-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
def run_machine(events, scans=120, station="try"):
    """events：{周期号: 输入的变化}。动作状态 3 个周期做完 / {scan: changes of inputs}; acting states take 3 scans."""
    inputs, spent, gap, level, last = dict(CALM), 0, 3, 0, None
    seen = {"good": 0, "half": 0, "spilled": 0, "unsafe": 0}
    _MEMORY.pop(station, None)
    for number in range(scans):
        inputs |= events.get(number, {})
        outputs = plc(station, inputs)
        spent = spent + 1 if outputs["state"] == last else 0
        last = outputs["state"]
        blocked = not (inputs["estop_ok"] and inputs["guard_closed"])
        seen["unsafe"] += bool(blocked and (outputs["valve"] or outputs["conveyor"]))
        if outputs["valve"]:
            level += 1
            seen["spilled"] += not inputs["bottle"] or level > 6 or outputs["conveyor"]
        if outputs["conveyor"] and inputs["bottle"]:
            seen["good" if level >= 5 else "half"] += 1
            inputs["bottle"], level, gap = False, 0, 3
        elif outputs["conveyor"] and inputs["supply_ok"]:
            gap -= 1
            inputs["bottle"] = gap <= 0
        inputs["full"], inputs["done"] = level >= 5, spent >= 2
    return seen


_day = {2: {"cmd": RESET}, 4: {"cmd": NONE}, 8: {"cmd": START}, 9: {"cmd": NONE}, 40: {"guard_closed": False},
        46: {"guard_closed": True}, 50: {"cmd": RESET}, 56: {"cmd": START}, 58: {"cmd": NONE}}
print(run_machine(_day))

# %% [markdown]
# ## 第五步 写给下一位工程师
#
# 用自己的话回答（教师评阅）：
#
# 1. 急停为什么用常闭触点，程序里为什么要自保持？只靠程序的急停够不够？
# 2. 保持和挂起各举一个本机以外的例子；如果把缺瓶也做成保持，操作工会遇到什么？
# 3. 你的程序里，哪一条规则的先后顺序换了就会出事？举一个具体的输入序列。
#
# > **English.** In your own words, for the instructor: why a normally closed contact and a latch, and is a program enough for an
# > emergency stop; an example each of held and suspended; and one pair of rules whose order matters, with a sequence of inputs.

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 常闭触点在断线、掉电、端子松动时也会断开，等于按下，故障偏向安全。自保持是因为人松开按钮并不表示危险解除，机器再动必须由人复位、再启动。
#    只靠程序不够：急停要由安全继电器或安全 PLC 直接切断动力，程序只是跟着进入中止状态。
# 2. 保持：贴标机标带用完，要人换。挂起：码垛机前面暂时没有箱子。缺瓶做成保持，每次断流都要人去按 UNHOLD，一班几十次。
# 3. 规则 1 与 9：ABORTING 以外的动作状态里 done 与急停同时来，若先看 done，STARTING 会先进 EXECUTE，阀或输送带动一个周期。
# ### END SOLUTION
