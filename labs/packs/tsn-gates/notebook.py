# %% [markdown]
# # TSN 门控：让伺服帧准点到
#
# 灌装线要把伺服、编码器、安全 I/O 和相机、电脑的流量放到**同一张网**上。优先级已经设到最高，伺服的抖动还是有一百多微秒：一个 1522 字节的大帧一旦开始发，谁也叫不停它。你来给每台交换机的每个出口排一张**门控表**（IEEE 802.1Qbv），让控制帧到的时候线路总是空的。
#
# 做完这个实验，你会：
#
# 1. 算出一帧占用线路的时间，算出几条流的共同周期；
# 2. 算出一帧在路上每一段的时刻，知道后一跳的门该推后多少；
# 3. 由控制窗口写出门控表：窗口、保护带、其余时间，各行之和正好是周期；
# 4. 为一张没见过的网自动排表：不冲突、不超期、不抖，还给普通流量留够时间。
#
# > **English.** Servo, encoder and safety frames share one network with cameras and PCs. Priorities alone leave a wait of more than a
# > hundred microseconds, because a large frame that has begun can't be stopped. Write the gate control lists of IEEE 802.1Qbv:
# > frame times, the way of a frame hop by hop, windows with guard bands, and a scheduler for networks that you haven't seen.

# %% [markdown]
# ## 谁在哪里运行
#
# ![发送端按时发送，交换机每个出口有队列和门，门控表由 schedule 算出，所有设备共用一个时间](assets/who.svg)
#
# 提交的是一个**会排表的函数**。评分时它收到五张没见过的网，交出的门控表在模拟器里一帧一帧地重放。照着眼前这张网把数字写死，换一张就不灵了。
#
# > **English.** What counts is your function. Grading gives it five networks that you haven't seen and replays its gate control lists,
# > frame by frame, in the same small simulator that you have here (`assets/tsn.py`).

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 工具和两张网（不用改）/ Tools and two networks, ready to use
import math
import sys

sys.path.insert(0, "assets")
from tsn import CLOSED, CONTROL, REST, ports  # 0x00 全关、0x80 开队列 7、0x7F 开队列 0～6
from tsn_plot import draw_network, gantt, look, show_gates


def both_ways(links):
    """每段线两个方向 / Both directions of each line, with their Mbit/s."""
    return {f"{a}>{b}": mbps for (x, y), mbps in links.items() for a, b in ((x, y), (y, x))}


def stream(route, size, period_us, deadline_us, jitter_us=4):
    """一条流：时间换成纳秒 / A stream, its times in nanoseconds."""
    route = route.split()
    return {"id": f"{route[0]}-{route[-1]}", "route": route, "bytes": size,
            "period": period_us * 1000, "deadline": deadline_us * 1000, "jitter": jitter_us * 1000}


def inside(time, begin, end, cycle):
    """time 在不在 [begin, end) 里，跨过周期边界也对 / Whether a time lies in a window, around the cycle."""
    return (time - begin) % cycle < end - begin


def overlap(a, b, cycle):
    """两个窗口 [开, 关] 绕着周期看有没有重叠 / Whether two windows overlap, around the cycle."""
    return inside(a[0], b[0], b[1], cycle) or inside(b[0], a[0], a[1], cycle)


LINE = {  # 灌装线，全是 100 Mbit/s / The bottling line
    "mbps": both_ways({("sw1", "sw2"): 100, ("sw2", "sw3"): 100,
                       ("plc", "sw1"): 100, ("filler", "sw2"): 100, ("encoder", "sw2"): 100,
                       ("capper", "sw3"): 100, ("safety", "sw3"): 100}),
    "cable_ns": 500, "switch_ns": 2000, "margin_ns": 600, "largest": 1522, "best_effort": 0.35,
}
LINE_STREAMS = [
    stream("plc sw1 sw2 filler", 134, 500, 250),
    stream("plc sw1 sw2 sw3 capper", 134, 500, 120),
    stream("encoder sw2 sw3 capper", 72, 500, 100),
    stream("safety sw3 sw2 sw1 plc", 98, 1000, 200),
]
CELL = {  # 码垛单元：主干快，周期不成倍数 / The palletiser: a fast trunk, odd periods
    "mbps": both_ways({("sw1", "sw2"): 1000, ("plc", "sw1"): 100, ("scanner", "sw1"): 100,
                       ("robot", "sw2"): 100, ("gripper", "sw2"): 100}),
    "cable_ns": 400, "switch_ns": 3000, "margin_ns": 800, "largest": 1522, "best_effort": 0.3,
}
CELL_STREAMS = [
    stream("plc sw1 sw2 robot", 180, 600, 200),
    stream("plc sw1 sw2 gripper", 90, 400, 120),
    stream("scanner sw1 sw2 robot", 120, 600, 90),
]


def check(title, found, expected):
    told = "" if found == expected else f"→ {found}\n  应为 / expected {expected}"
    print("✔" if found == expected else "✘", title, told)


draw_network(LINE, LINE_STREAMS)

# %% [markdown]
# ## 网和流
#
# 时间一律用**整数纳秒**（门控表的硬件就是这样），1 µs = 1000 ns。
#
# | `network` 的键 | 含义 |
# |---|---|
# | `mbps` | 每个出口的速率（Mbit/s）；出口写作 `"从>到"`，例如 `"sw1>sw2"` |
# | `cable_ns` | 每段电缆的传播时间，约 5 ns/m |
# | `switch_ns` | 交换机**收完整帧之后**的处理时间 |
# | `margin_ns` | 任意两台的时钟最多差这么多（处理时间的抖动也算在里面） |
# | `largest` | 普通流量里最大的帧，字节 |
# | `best_effort` | 每个有控制流经过的交换机出口，队列 0 的门至少要开这么大的比例 |
#
# | `stream` 的键 | 含义 |
# |---|---|
# | `id` | 名字 |
# | `route` | 一路经过谁：`["plc", "sw1", "sw2", "filler"]`。`ports(route)` 给出各个出口 |
# | `bytes` | 从目的 MAC 到 FCS（含 VLAN 标签）的字节数 |
# | `period` | 每隔多少 ns 发一帧：第 $k$ 帧在 $k\times$`period` + `offset` 发出 |
# | `deadline` | 从**周期起点**（不是发出时刻）算，最晚多少 ns 要到 |
# | `jitter` | 到达时刻最早与最晚之差的上限 |
#
# 交换机的脾气：门开着就敢开始发，**不看剩下的时间够不够**；开始了就发完。（标准不许开始发来不及发完的帧，可是有的设备不看，有的按最大帧一刀切；保护带自己留好，换哪一种都不会错。）发送端的网卡会按时发送，不必给它排表，但一次也只能发一帧。
#
# > **English.** All times are whole nanoseconds. Ports are written `"from>to"`. A frame is sent at k × period + offset; its deadline
# > counts from the start of the period. Switches let a frame begin whenever its gate is open, however little time is left (the standard
# > forbids that, devices differ; your own guard bands are right for all of them). Talkers send on time and need no list, but one frame
# > at a time. `margin_ns` bounds how far any two clocks (and processing) differ.

# %% [markdown]
# ## 第一步 一帧多久，一轮多长
#
# 1. `wire_ns(size, mbps)`：一帧占用线路多少 ns。不足 64 字节补到 64；再加前导 8 和帧间隔 12；一个字节 8 位；$R$ Mbit/s 就是每微秒 $R$ 位。不是整数就向上取整。
#
# $$t = \frac{(\max(64, L) + 20)\times 8 \times 1000}{R}\ \text{ns}$$
#
# 2. `hyperperiod(periods)`：一张表要转多久才能重来。400 µs 和 600 µs 的两条流，每 **1200** µs 才回到同样的相位：是最小公倍数，不是最大的那个。
#
# > **English.** `wire_ns`: how long a frame occupies the line (at least 64 bytes, plus 20 for preamble and gap, rounded up).
# > `hyperperiod`: after how long all streams are in phase again.

# %% nbgrader={"grade_id": "times", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def wire_ns(size, mbps):
    """一帧占用线路的纳秒数 / Nanoseconds that a frame occupies the line."""
    ### BEGIN SOLUTION
    return math.ceil((max(64, size) + 20) * 8 * 1000 / mbps)
    ### END SOLUTION


def hyperperiod(periods):
    """几条流的共同周期（纳秒） / The common cycle of several streams."""
    ### BEGIN SOLUTION
    return math.lcm(*periods)
    ### END SOLUTION


# %% nbgrader={"grade_id": "times-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
check("134 字节，100 Mbit/s", wire_ns(134, 100), 12_320)
check("1522 字节，1 Gbit/s", wire_ns(1522, 1000), 12_336)
check("46 字节，100 Mbit/s", wire_ns(46, 100), 6_720)
check("500 与 1000 µs", hyperperiod([500_000, 1_000_000]), 1_000_000)
check("400 与 600 µs", hyperperiod([400_000, 600_000]), 1_200_000)

# %% [markdown]
# ## 第二步 一帧的路
#
# `journey(network, stream, offset)` 返回这一帧在每一段要**预定**的时间：`[[出口, 开, 关], …]`，包括发送端自己的口。
#
# 设第 $k$ 段在 $s_k$ 开始发（$s_0$ 就是 `offset`），占线 $t_k$（每段的速率可能不同）：
#
# $$s_{k+1} = s_k + t_k + \text{电缆} + \text{处理}$$
#
# 各台的时钟不完全一样，所以每一段前后各多留一个 `margin_ns`：从 $s_k - m$ 到 $s_k + t_k + m$。`offset` 为 0 时“开”是负数，意思是上一周期的末尾，先照样写。
#
# 例：134 字节，100 Mbit/s，电缆 0.5 µs，处理 2 µs，每段推后 14.82 µs，和课文里的一样。
#
# > **English.** `journey` returns `[port, open, close]` for each hop, the talker's port first: sent whole (the speed may differ from hop
# > to hop), carried, processed, sent again. Leave one margin before and one after. A negative time means the end of the cycle before.

# %% nbgrader={"grade_id": "journey", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def journey(network, stream, offset):
    """一帧在每一段预定的时间 / What one frame reserves on each hop."""
    ### BEGIN SOLUTION
    start, margin, found = offset, network["margin_ns"], []
    for port in ports(stream["route"]):
        size = wire_ns(stream["bytes"], network["mbps"][port])
        found.append([port, start - margin, start + size + margin])
        start += size + network["cable_ns"] + network["switch_ns"]
    return found
    ### END SOLUTION


# %% nbgrader={"grade_id": "journey-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
check("plc → filler", journey(LINE, LINE_STREAMS[0], 0),
      [["plc>sw1", -600, 12_920], ["sw1>sw2", 14_220, 27_740], ["sw2>filler", 29_040, 42_560]])
check("scanner → robot", journey(CELL, CELL_STREAMS[2], 10_000),
      [["scanner>sw1", 9_200, 22_000], ["sw1>sw2", 23_800, 26_520], ["sw2>robot", 28_320, 41_120]])

# %% [markdown]
# ## 第三步 一张门控表
#
# `gate_list(windows, cycle, guard)` 把一个出口上的控制窗口变成门控表 `[[门状态, 纳秒], …]`，从 0 时刻开始：
#
# | 时段 | 门状态 |
# |---|---|
# | 控制窗口里 | `CONTROL`（`0x80`）：只开队列 7 |
# | 每个窗口**之前**的 `guard` ns，凡不在窗口里的 | `CLOSED`（`0x00`）：谁也不许开始 |
# | 其余 | `REST`（`0x7F`）：开队列 0～6，802.1AS 的校时报文也从这里走 |
#
# - 各行之和正好等于 `cycle`，每行都大于 0；
# - 窗口不一定排好序，可能挨着、重叠，也可能跨过周期边界：`[-600, 12920]` 的前 600 ns 在**周期末尾**，它的保护带也在那里；
# - 两个窗口之间放不下保护带，中间就全关。
#
# 一个办法：把所有可能变化的时刻（窗口的开、关，保护带的开始）对 `cycle` 取余，加上 0 和 `cycle`，排好序；相邻两个时刻之间，状态不变，用 `inside(…)` 判断它是什么，状态相同的合成一行。
#
# > **English.** Turn the control windows of one port into rows `[gates, ns]`: control in the windows, all closed for `guard` before each,
# > the rest elsewhere. Windows may be unsorted, touch, overlap, or lie across the end of the cycle; so may their guard bands.

# %% nbgrader={"grade_id": "gates", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
def gate_list(windows, cycle, guard):
    """一个出口的门控表 / The gate control list of one port."""
    ### BEGIN SOLUTION
    edges = {0, cycle}
    for begin, end in windows:
        edges |= {begin % cycle, end % cycle, (begin - guard) % cycle}
    edges, rows = sorted(edges), []
    for time, after in zip(edges, edges[1:]):
        gates = REST
        if any(inside(time, begin, end, cycle) for begin, end in windows):
            gates = CONTROL
        elif any(inside(time, begin - guard, begin, cycle) for begin, _ in windows):
            gates = CLOSED
        if rows and rows[-1][0] == gates:
            rows[-1][1] += after - time
        else:
            rows.append([gates, after - time])
    return rows
    ### END SOLUTION


# %% nbgrader={"grade_id": "gates-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
check("窗口在 0 / at 0", gate_list([[0, 39_000]], 500_000, 123_360),
      [[CONTROL, 39_000], [REST, 337_640], [CLOSED, 123_360]])
check("跨过边界 / across the end", gate_list([[-600, 12_920]], 500_000, 123_360),
      [[CONTROL, 12_920], [REST, 363_120], [CLOSED, 123_360], [CONTROL, 600]])
check("放不下保护带 / too close", gate_list([[300_000, 310_000], [200_000, 210_000]], 500_000, 123_360),
      [[REST, 76_640], [CLOSED, 123_360], [CONTROL, 10_000], [CLOSED, 90_000],
       [CONTROL, 10_000], [REST, 190_000]])
show_gates(gate_list([[-600, 12_920], [300_000, 313_520]], 500_000, 123_360))

# %% [markdown]
# ## 第四步 排表
#
# `schedule(network, streams)` 返回一份计划：
#
# ```python
# {"cycle": 1_000_000,                            # 共同的周期
#  "offsets": {"plc-filler": 15_000, …},          # 每条流何时发送
#  "gates": {"sw1>sw2": [[0x80, 12_920], …], …}}  # 每个出口一张表
# ```
#
# `offset` 是整数，0 ≤ `offset` < `period`；有控制流经过的**每个交换机出口**都要有表，发送端的口不用。
#
# 一种够用的排法（首次适应）：
#
# 1. 周期取 `hyperperiod`；`taken[出口]` 记下已经预定的窗口；
# 2. **期限紧的流先排**；
# 3. 对一条流，从 0 开始每隔 1000 ns 试一个 `offset`：它的 `journey` 在一个周期里要**重复** `cycle // period` 次，每次推后一个 `period`；每一段、每一次都不与 `taken` 重叠（`overlap`），就定下来；
# 4. 到达时刻（最后一段的“关”加电缆）不能晚于 `deadline`；
# 5. 都排完了，给每个交换机出口（`ports(route)[1:]`）写 `gate_list`；保护带用 `network["largest"]` 和**这个出口**的速率算。
#
# 得分：五张网各 8 分，乘以接受的流的比例；队列 0 的门开得不够 `best_effort` 的，再按不足的比例打折。一条流有一帧晚了、抖了、撞了，就不算接受。
#
# > **English.** Return the cycle, an offset for each stream and a list for each switch port that streams use. First fit is enough: the
# > tightest deadline first; try offsets in steps of 1000 ns until all reservations, repeated through the cycle, are free. Five networks
# > at 8 points, times the share of accepted streams, times what best effort gets if that is less than it should.

# %% nbgrader={"grade_id": "schedule", "grade": true, "solution": true, "locked": false, "points": 40, "schema_version": 3, "cell_type": "code"}
def schedule(network, streams):
    """为一张网排表 / A plan for a network."""
    ### BEGIN SOLUTION
    cycle = hyperperiod([stream["period"] for stream in streams])
    taken, offsets = {port: [] for port in network["mbps"]}, {}
    for stream in sorted(streams, key=lambda stream: stream["deadline"]):
        turns = [k * stream["period"] for k in range(cycle // stream["period"])]
        for offset in range(0, stream["period"], 1000):
            way = journey(network, stream, offset)
            if way[-1][2] + network["cable_ns"] > stream["deadline"]:
                break
            wanted = [(port, [begin + turn, end + turn]) for port, begin, end in way for turn in turns]
            if not any(overlap(window, other, cycle) for port, window in wanted for other in taken[port]):
                offsets[stream["id"]] = offset
                for port, window in wanted:
                    taken[port].append(window)
                break
    gates = {}
    for stream in streams:
        for port in ports(stream["route"])[1:]:
            gates[port] = gate_list(taken[port], cycle, wire_ns(network["largest"], network["mbps"][port]))
    return {"cycle": cycle, "offsets": offsets, "gates": gates}
    ### END SOLUTION


# %% nbgrader={"grade_id": "schedule-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：灌装线 / The bottling line (no points)
PLAN = schedule(LINE, LINE_STREAMS)
print(look(LINE, LINE_STREAMS, PLAN))
gantt(LINE, LINE_STREAMS, PLAN)

# %% nbgrader={"grade_id": "cell-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：码垛单元 / The palletiser (no points)
CELL_PLAN = schedule(CELL, CELL_STREAMS)
print(look(CELL, CELL_STREAMS, CELL_PLAN))
gantt(CELL, CELL_STREAMS, CELL_PLAN)

# %% [markdown]
# ## 工作台
#
# 下面这一格随便用。`gantt(LINE, LINE_STREAMS, PLAN, until=150)` 只画前 150 µs；把某张表改成 `[[0xFF, cycle]]`（所有门一直开），看看哪一行变成 ✘；把保护带去掉再看一次。
#
# > **English.** Your workbench: zoom in with `until=150`; open all gates, or drop the guard bands, and see what happens.

# %% nbgrader={"grade_id": "explore", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
gantt(LINE, LINE_STREAMS, PLAN, until=150)
print(look(LINE, LINE_STREAMS, PLAN | {"gates": {port: [[0xFF, PLAN["cycle"]]] for port in PLAN["gates"]}}))
### END SOLUTION

# %% [markdown]
# ## 第五步 写给项目组
#
# 用自己的话写（教师评阅），每题两三句：
#
# 1. 灌装线最忙的出口，控制窗口、保护带、其余各占周期的百分之几？换成千兆，哪一个变得最多，为什么？
# 2. 一台交换机的 802.1AS 没有对上，时钟每秒漂 10 µs。几秒之后会看到什么？为什么优先级最高也没用？
# 3. 换下来的交换机处理时间从 2 µs 变成 6 µs。只换硬件、不重算表，会怎样？
#
# > **English.** For the instructor: the shares of window, guard band and rest on the busiest port, and what gigabit changes; what one
# > unsynchronised switch does to the schedule; and what happens if a switch with a longer delay is put in without a new plan.

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 最忙的是去旋盖的口：窗口约 4 %，保护带和窗口之间的空隙约 28 %，其余约 68 %。换成千兆，帧和保护带都缩到十分之一，保护带省下的最多：它由最大的普通帧决定，123 µs 变成 12 µs。
# 2. 窗口只多留了 0.6 µs，0.06 秒就用完了：帧到的时候门已经关了，要等下一周期，表现为晚整整一个周期；门关着，优先级再高也不能发。
# 3. 之后每一跳晚 4 µs，超过余量，门在帧没发完时就关了，或者根本赶不上窗口；要用新的处理时间重新排表，所有后面的交换机都要换表。
# ### END SOLUTION
