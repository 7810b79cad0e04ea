"""一张 TSN 网的小模拟器 / A small simulator of a TSN network.

时间都是整数纳秒，从所有设备共同的起点时间（base time）算起。规则：
Times are whole nanoseconds from the base time that all devices share. The rules:

- 每段线全双工，一个方向一次只走一帧，开始了就发完；交换机收完整帧再转发（存储转发），处理 switch_ns，电缆 cable_ns。
  A line carries one frame at a time and direction, and finishes it; switches store and forward.
- 发送端的网卡按时发送，那个口上没有别的流量；交换机的每个出口都另有大帧在等，门一开就抢着发。
  Talkers send on time and nothing else; at each egress port of a switch large other frames wait for an open gate.
- 门开着就可以开始发，交换机不看剩下的时间够不够（保护带要自己留）；控制队列优先。
  An open gate lets a frame begin, whatever time is left (so guard bands are yours to leave); the control queue goes first.
- 各台的时钟（连同处理时间的抖动）最多相差 margin_ns：试一次一样齐，再试两次相邻的两台正好相反。
  Clocks (and processing) differ by up to margin_ns: all equal once, then twice with neighbours at opposite ends.
"""

import heapq
from bisect import bisect_right
from math import inf, lcm

CONTROL, REST, CLOSED = 0x80, 0x7F, 0x00  # 控制队列 7；其余队列 0～6；全关 / queue 7; queues 0 to 6; all closed
MAX_ROWS = 1024
FAULTS = {
    "unscheduled": "没有排进去 / not scheduled",
    "offset": "发送时刻不是 0 到周期之间的整数 / its offset is no whole number within the period",
    "table": "路上有一张门控表不能用 / a table on its route can't be used",
    "blocked": "被别的大帧挡住 / held up by a large frame that had begun",
    "collision": "撞上另一个控制帧 / met another control frame",
    "overrun": "门关了还没发完 / was still being sent when its gate closed",
    "missed": "错过了窗口 / missed its window",
    "late": "超过期限 / after its deadline",
    "jitter": "抖动太大 / too much jitter",
}
TABLE_FAULTS = {
    "plan": "结果应是字典：cycle、offsets、gates / a dict with cycle, offsets and gates",
    "cycle": "周期应是各流周期的公倍数，不超过最小公倍数 / the cycle divides the hyperperiod",
    "missing": "没有门控表 / no table",
    "rows": "每行是 [门状态 0～255, 正整数纳秒] / a row is [gates 0 to 255, ns above 0]",
    "sum": "各行之和不等于周期 / the rows don't add up to the cycle",
}


def ports(route):
    """一条路经过的出口，写作 "从>到" / The egress ports of a route."""
    return [f"{a}>{b}" for a, b in zip(route, route[1:])]


def line_ns(size, mbps):
    """一帧占线的纳秒数 / How long a frame occupies a line."""
    return -(-(max(64, size) + 20) * 8000 // mbps)


def whole(value):
    """一个整数，或 None / An int of up to 10^12, or None for anything else."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and abs(value) <= 10**12 else None


def read_plan(network, streams, plan):
    """核对一份计划：(周期, 发送时刻, 门控表, 表的问题) / A plan's cycle, offsets and tables, and what is wrong with them."""
    parts = [plan.get(name) for name in ("cycle", "offsets", "gates")] if type(plan) is dict else [None] * 3
    cycle, offsets, gates = whole(parts[0]), parts[1], parts[2]
    if type(offsets) is not dict or type(gates) is not dict or cycle is None:
        return 0, {}, {}, {"plan": "plan"}
    if cycle <= 0 or lcm(*(stream["period"] for stream in streams)) % cycle:
        return cycle, {}, {}, {"plan": "cycle"}
    tables, faults = {}, {}
    for port in sorted({port for stream in streams for port in ports(stream["route"])[1:]}):
        rows, fault = _read_rows(gates.get(port), cycle)
        if fault:
            faults[port] = fault
        else:
            tables[port] = rows
    return cycle, {stream["id"]: offsets.get(stream["id"]) for stream in streams}, tables, faults


def _read_rows(rows, cycle):
    if rows is None:
        return None, "missing"
    if type(rows) not in (list, tuple) or not 0 < len(rows) <= MAX_ROWS:
        return None, "rows"
    found = []
    for row in rows:
        pair = [whole(value) for value in row] if type(row) in (list, tuple) and len(row) == 2 else [None]
        if None in pair or not 0 <= pair[0] <= 255 or pair[1] <= 0:
            return None, "rows"
        found.append(pair)
    return (found, None) if sum(ns for _, ns in found) == cycle else (None, "sum")


class Gates:
    """一个出口的门，一周期又一周期 / The gates of an egress port, cycle after cycle."""

    def __init__(self, rows, cycle):
        self.cycle = cycle
        self.share = sum(ns for gates, ns in rows if gates & 1) / cycle
        self.control, self.rest = _intervals(rows, cycle, CONTROL), _intervals(rows, cycle, REST)

    def opens(self, time):
        """(还要等多久, 之后开多久) 控制门；None：从来不开 / Until the control gate is open, and for how long then."""
        starts, ends = self.control
        if not starts:
            return None
        if ends[0] - starts[0] == 3 * self.cycle:
            return 0, inf
        place = time % self.cycle + self.cycle
        number = bisect_right(ends, place)
        begin = max(place, starts[number])
        return begin - place, ends[number] - begin

    def other_before(self, time):
        """在 time 之前，别的帧最晚什么时候还能开始；None：从来不能 / When another frame could last begin before `time`."""
        starts, ends = self.rest
        if not starts:
            return None
        place = (time - 1) % self.cycle + self.cycle
        number = bisect_right(starts, place) - 1
        return time - 1 - (place - min(place, ends[number] - 1))


def _intervals(rows, cycle, wanted):
    """三个周期里开着的时段，相连的并成一段 / When a gate is open, in three cycles; adjoining times are one."""
    starts, ends, time = [], [], 0
    for gates, ns in [*rows, *rows, *rows]:
        if gates & wanted:
            if ends and ends[-1] == time:
                ends[-1] += ns
            else:
                starts.append(time)
                ends.append(time + ns)
        time += ns
    return starts, ends


def simulate(network, streams, plan):
    """试跑一份计划 / Try a plan.

    返回 / Returns: {"streams": {id: {"ok", "fault", "latest", "jitter"}}, "best_effort": share, "tables": {port: fault},
    "frames": [(port, stream id, begin, end)] of one hyperperiod with equal clocks and busy lines; a large frame of others
    that held up a control frame has no stream id ("")}。
    """
    cycle, offsets, tables, faults = read_plan(network, streams, plan)
    gates = {port: Gates(rows, cycle) for port, rows in tables.items()}
    verdicts, sent = {}, []
    for stream in streams:
        fault, offset = None, whole(offsets.get(stream["id"]))
        if offsets.get(stream["id"]) is None:
            fault = "unscheduled"
        elif offset is None or not 0 <= offset < stream["period"]:
            fault = "offset"
        elif any(port not in gates for port in ports(stream["route"])[1:]):
            fault = "table"
        else:
            sent.append((stream, offset))
        if fault:
            verdicts[stream["id"]] = {"ok": False, "fault": fault, "latest": None, "jitter": None}
    hyper, frames = lcm(*(stream["period"] for stream in streams)), []
    seen = [{"arrivals": [], "faults": set(), "held": 0} for _ in sent]
    for clocks in _clocks(network):
        for busy in (False, True):
            passed = _run(network, sent, gates, clocks, busy, 2 * hyper, seen)
            if busy and not any(clocks.values()):
                frames = [frame for frame in passed if frame[2] < hyper]
    for (stream, _), notes in zip(sent, seen, strict=True):
        verdicts[stream["id"]] = _verdict(network, stream, notes)
    share = min((gates[port].share if port in gates else 0.0 for port in _shared(streams)), default=1.0)
    return {"streams": verdicts, "best_effort": share, "tables": faults, "frames": sorted(frames, key=lambda frame: frame[2])}


def _shared(streams):
    return {port for stream in streams for port in ports(stream["route"])[1:]}


def _clocks(network):
    """三种时钟误差 / Clock errors of all nodes, three times: none, then neighbours at opposite ends."""
    near = {}
    for port in network["mbps"]:
        a, b = port.split(">")
        near.setdefault(a, []).append(b)
    side, queue = {}, []
    for node in near:
        if node not in side:
            side[node], queue = 1, [node]
        for one in queue:
            for other in near[one]:
                if other not in side:
                    side[other] = -side[one]
                    queue.append(other)
    half = network["margin_ns"] // 2
    return [{node: turn * way * half for node, way in side.items()} for turn in (0, 1, -1)]


def _run(network, sent, gates, clocks, busy, horizon, seen):
    """所有帧走一遍 / Let all frames of the horizon pass; notes go into `seen`."""
    events, free, passed = [], {}, []
    for number, (stream, offset) in enumerate(sent):
        first = offset - clocks[stream["route"][0]]
        events += [(first + k * stream["period"], number, k, 0) for k in range(horizon // stream["period"])]
    heapq.heapify(events)
    while events:
        ready, number, k, hop = heapq.heappop(events)
        stream, notes = sent[number][0], seen[number]
        way = ports(stream["route"])
        port, clock = way[hop], clocks[stream["route"][hop]]
        size, line_free = line_ns(stream["bytes"], network["mbps"][port]), free.get(port, -inf)
        if line_free > ready:
            notes["faults"].add("collision")
        begin = max(ready, line_free)
        if hop:
            other = line_ns(network["largest"], network["mbps"][port]) if busy else 0
            begin, before = _start(gates[port], begin, clock, line_free, other, size, notes)
            passed += [(port, "", time, time + other) for time in before]
        if begin is None:
            notes["arrivals"].append(inf)
            continue
        free[port] = begin + size
        passed.append((port, stream["id"], begin, begin + size))
        there = begin + size + network["cable_ns"]
        if hop + 1 < len(way):
            heapq.heappush(events, (there + network["switch_ns"], number, k, hop + 1))
        else:
            notes["arrivals"].append(there - k * stream["period"])
    return passed


def _start(gates, time, clock, line_free, other, size, notes):
    """(一帧在交换机出口真正开始的时刻, 抢在前面的大帧) / When a frame really begins (None: never), and the others before it.

    `other`: ns of a frame of another queue that may have begun at the last moment, 0 on a quiet line.
    """
    others = []
    while len(others) < 64 and (found := gates.opens(time + clock)):
        begin = time + found[0]
        notes["held"] = max(notes["held"], found[0])
        before = gates.other_before(begin + clock) if other else None
        if before is None or before - clock < line_free or before - clock + other <= begin:
            if found[1] < size:
                notes["faults"].add("overrun")
            return begin, others
        notes["faults"].add("blocked")
        others.append(before - clock)
        time = line_free = before - clock + other
    return None, others


def _verdict(network, stream, notes):
    """是否接受一条流，不接受时最像哪一种问题 / Whether a stream is accepted, and if not what it looks like."""
    latest, jitter = max(notes["arrivals"]), max(notes["arrivals"]) - min(notes["arrivals"])
    late, restless = latest > stream["deadline"], not jitter <= stream["jitter"]
    fault = None
    if late or restless or notes["faults"] & {"collision", "overrun"}:
        causes = [cause for cause in ("blocked", "collision", "overrun") if cause in notes["faults"]]
        missed = late and notes["held"] > 2 * network["margin_ns"]
        fault = causes[0] if causes else "missed" if missed else "late" if late else "jitter"
    return {"ok": fault is None, "fault": fault, "latest": latest, "jitter": jitter if latest < inf else inf}
