# Long because a notebook is one file. What stands before the first cell is part of none.

# %% [markdown]
# # 点表逆向：从寄存器认出一条灌装线
#
# 一条灌装线留了下来，点表丢了。你手里有的是：能看的画面（HMI）、能读的 Modbus 寄存器、一张仪表清单。
# **每位学员的产线点表都不一样**，别人的答案在你的产线上读出来的是别的东西。
#
# 做完这个实验，你会：
#
# 1. 找出产线上有哪些单元号（unit id），每个单元有哪些寄存器；
# 2. 把一个或两个寄存器还原成工程值（类型、字序、比例、偏移）；
# 3. 写出一张能用的点表，并用它读数；
# 4. 用读到的计数算出这一班的 OEE，并找出越限的测点。
#
# > **English.** The bottling line is still running but its point map is lost. You have its screen (HMI), its Modbus
# > registers and a list of instruments. Every trainee's map is different. Find the units, decode registers, write the
# > point map, read tags with it, and work out OEE and alarms.

# %% [markdown]
# ## 谁在哪里运行
#
# ```text
#   你的浏览器                     实验容器                          产线容器（同一个回环网络）
#   ┌──────────────┐            ┌───────────────────┐  Modbus TCP  ┌─────────────────────┐
#   │ 笔记本、HMI   │ ─────────► │ 这个笔记本的内核     │ ───────────► │ 127.0.0.1:5020  产线 │
#   └──────────────┘            └───────────────────┘  HTTP        │ 127.0.0.1:8600  HMI │
#                                                     ───────────► └─────────────────────┘
# ```
#
# 代码在实验容器里运行，不在你的电脑上。评分时笔记本会对着**另一条新开的产线**重新运行一遍：点表与你的相同，工况不同。
# 所以点表可以写成常数，读数不能写成常数。
#
# > **English.** Code runs in the lab container. For grading the notebook runs again beside a fresh line with your map
# > but another process: a point map may be written down, readings may not.

# %% [markdown]
# ## 仪表清单
#
# 产线有四台设备，各是一个 Modbus 站：产线控制器、湿区控制器、干区控制器、电能表。需要找出的测点是下面十个。
#
# | 测点 tag | 含义 | 设备 | 单位 | 量程 |
# |---|---|---|---|---|
# | `line.good` | 合格品数（累计） | 产线控制器 | 瓶 | 0 … 4294967295 |
# | `line.rate` | 产出速率 | 产线控制器 | 瓶/分 | 0 … 120 |
# | `line.power` | 有功功率 | 电能表 | kW | 0 … 40 |
# | `line.energy` | 电能（累计） | 电能表 | kWh | 0 … 1000000 |
# | `rinser.pressure` | 冲洗水压力 | 湿区控制器 | kPa | 0 … 600 |
# | `filler.temperature` | 产品温度 | 湿区控制器 | °C | -40 … 120 |
# | `filler.bowl_level` | 料缸液位 | 湿区控制器 | mm | 0 … 1500 |
# | `filler.count` | 灌装机计数（累计） | 湿区控制器 | 瓶 | 0 … 4294967295 |
# | `capper.torque` | 旋盖扭矩 | 湿区控制器 | N·m | 0 … 5 |
# | `labeller.glue_temperature` | 热熔胶温度 | 干区控制器 | °C | -40 … 250 |
#
# 厂家手册里还能找到这些话：
#
# - 单元号在 1…247 之间；没有设备的单元号答异常码 11（0x0B），有设备但没有这个地址答异常码 2。
# - 寄存器地址（从 0 数起，与报文一致）都小于 1100；测点在保持寄存器（功能码 3）或输入寄存器（功能码 4）里。
# - 类型有 `int16`、`uint16`、`int32`、`uint32`、`float32`；寄存器内部是大端；**两个寄存器谁在前，同一台设备一致，不同设备不一定**。
# - 工程值 = 原始值 × 比例 + 偏移。比例是 0.001、0.002、0.005、0.01、0.02、0.05、0.1、0.2、0.5、1 之一；偏移要么是 0，要么是量程下限。
#   `float32` 的比例为 1、偏移为 0。所选的类型总能装下整个量程。
#
# > **English.** Four devices, each one Modbus unit. Exception 11 means no such unit, 2 no such address; addresses are
# > below 1100, counted from 0, in holding or input registers. Which register of a 32-bit value comes first is the same
# > within a device. value = raw × scale + offset; the offset is 0 or the low end of the range.

# %% nbgrader={"grade_id": "tools", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 工具（不用改）/ Tools, ready to use
import json
import struct
import time
import urllib.request

from pymodbus.client import ModbusTcpClient

HOST, PORT, HMI = "127.0.0.1", 5020, "http://127.0.0.1:8600"
TAGS = [
    "line.good", "line.rate", "line.power", "line.energy", "rinser.pressure", "filler.temperature",
    "filler.bowl_level", "filler.count", "capper.torque", "labeller.glue_temperature",
]


def connect(host=HOST, port=PORT):
    """连上一条产线 / Connect to a line."""
    client = ModbusTcpClient(host, port=port, timeout=3)
    if not client.connect():
        raise ConnectionError(f"{host}:{port} 没有应答 / doesn't answer")
    return client


def read(client, unit_id, table, address, count=1):
    """读 count 个寄存器；失败返回异常码（整数）/ Read registers: a list, or the exception code as an int."""
    function = client.read_holding_registers if table == "holding" else client.read_input_registers
    answer = function(address, count=count, device_id=unit_id)
    return answer.exception_code if answer.isError() else answer.registers


def hmi():
    """HMI 此刻显示的全部数值 / All values that the screen shows now: {"t": seconds, "values": {tag: value}}."""
    with urllib.request.urlopen(f"{HMI}/snapshot", timeout=3) as answer:
        return json.load(answer)


# %% [markdown]
# ## 第一步 认识一个点怎样还原
#
# 点表里的一行，我们约定写成这样的字典：
#
# ```python
# {"unit_id": 17, "table": "holding", "address": 40, "dtype": "float32", "word_order": "big", "scale": 1.0, "offset": 0.0}
# ```
#
# - `table`：`"holding"` 或 `"input"`；`address`：**从 0 数起**（手册上写 40041 的，这里是 40）。
# - `word_order`：`"big"` 表示高位寄存器在前（ABCD），`"little"` 表示低位寄存器在前（CDAB）。16 位的点只有一个寄存器，写哪个都行。
#
# 写出 `decode(registers, point)`：给一个或两个寄存器（0…65535 的整数）和点表的一行，返回工程值。`struct` 是你的朋友：
# 先按字序排好寄存器，拼成大端字节，再按类型解开，最后乘比例加偏移。
#
# > **English.** Write `decode(registers, point)`: order the registers, join them as big-endian bytes, unpack them by
# > `dtype`, then apply scale and offset.

# %% nbgrader={"grade_id": "decode", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
def decode(registers, point):
    """寄存器 → 工程值 / Registers to the value in engineering units."""
    ### BEGIN SOLUTION
    formats = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}
    ordered = registers if point["word_order"] == "big" else registers[::-1]
    data = b"".join(register.to_bytes(2, "big") for register in ordered)
    (raw,) = struct.unpack(formats[point["dtype"]], data)
    return raw * point["scale"] + point["offset"]
    ### END SOLUTION


# %% nbgrader={"grade_id": "decode-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：全部打勾再往下走 / Check yourself (no points)
def same(title, found, expected):
    good = isinstance(found, (int, float)) and abs(found - expected) <= 1e-6 * max(1.0, abs(expected))
    print("✔" if good else "✘", title, "→", found, "" if good else f"(应为 / expected {expected})")


_line = {"word_order": "big", "scale": 1.0, "offset": 0.0}
same("uint16", decode([50000], {**_line, "dtype": "uint16"}), 50000)
same("int16 负数 / negative", decode([65534], {**_line, "dtype": "int16"}), -2)
same("float32 高位在前 / big", decode([0x41C8, 0x0000], {**_line, "dtype": "float32"}), 25.0)
same("float32 低位在前 / little", decode([0x0000, 0x41C8], {**_line, "dtype": "float32", "word_order": "little"}), 25.0)
same("比例与偏移 / scale and offset", decode([4860], {**_line, "dtype": "uint16", "scale": 0.01, "offset": -40.0}), 8.6)

# %% [markdown]
# ## 第二步 摸清产线
#
# 这一格是你的工作台，不计分：找出四个单元号，列出每个单元里真实存在的寄存器地址，对照 HMI 猜每个点。几个有用的办法：
#
# - 单元号：对 1…247 各读一次地址 0，看异常码是 11 还是别的。
# - 地址：一个一个地读（一次读多个，中间只要有一个空洞就会失败）；一秒能读几千次。
# - 对照：画面每秒刷新，产线每 0.1 秒更新。前后各取一次 `hmi()`，`t` 没变，中间读的寄存器就属于同一时刻。
# - 累计量会增加，温度慢慢走，压力和扭矩一直在抖：**看几次，比看一次可靠得多**。
#
# > **English.** Your workbench, no points. Find the four unit ids and the addresses that exist, then compare registers
# > with the screen. Two equal `t` around your reads mean that they belong to the same moment; several looks beat one.

# %% nbgrader={"grade_id": "explore", "grade": false, "solution": true, "locked": false, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
from collections import Counter
from itertools import permutations

SCALES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
COUNTERS = (0, 2**32 - 1)
RANGES = {
    "line.good": COUNTERS, "line.rate": (0, 120), "line.power": (0, 40), "line.energy": (0, 1_000_000),
    "rinser.pressure": (0, 600), "filler.temperature": (-40, 120), "filler.bowl_level": (0, 1500),
    "filler.count": COUNTERS, "capper.torque": (0, 5), "labeller.glue_temperature": (-40, 250),
}
DEVICES = {"rinser": "wet", "filler": "wet", "capper": "wet", "labeller": "dry", "packer": "dry"}
HOLDS = {"int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1), "int32": (-(2**31), 2**31 - 1), "uint32": COUNTERS}


def device(tag):
    """测点所在的设备。"""
    return "meter" if tag in ("line.power", "line.energy") else DEVICES.get(tag.split(".")[0], "line")


def find_units(client):
    """有设备应答的单元号：异常码 11 以外的都算。"""
    return [unit for unit in range(1, 248) if read(client, unit, "holding", 0) != 11]


def find_blocks(client, units):
    """每个单元连续存在的寄存器段：[(单元号, 表, 起始地址, 个数)]。"""
    blocks = []
    for unit in units:
        for table in ("holding", "input"):
            there = [a for a in range(1100) if isinstance(read(client, unit, table, a), list)]
            for address in there:
                last = blocks[-1] if blocks else None
                if last and last[:2] == (unit, table) and last[2] + last[3] == address and last[3] < 120:
                    blocks[-1] = (*last[:3], last[3] + 1)
                else:
                    blocks.append((unit, table, address, 1))
    return blocks


def look(client, blocks, times=6):
    """同一时刻的画面和寄存器，取几次：[(画面数值, {(单元号, 表, 地址): 寄存器})]。"""
    looks = []
    while len(looks) < times:
        before = hmi()
        found = {}
        for unit, table, start, count in blocks:
            for place, register in enumerate(read(client, unit, table, start, count)):
                found[unit, table, start + place] = register
        if hmi()["t"] == before["t"]:
            looks.append((before["values"], found))
            time.sleep(0.22)
    return looks


def codings(tag):
    """一个测点可能的类型、比例、偏移：类型要装得下整个量程。一个寄存器的在前。"""
    low, high = RANGES[tag]
    for dtype in ("uint16", "int16", "uint32", "int32"):
        for scale in SCALES if high < 2**32 - 1 else SCALES[:1]:
            for offset in sorted({0.0, float(low)}, reverse=True):
                if HOLDS[dtype][0] <= (low - offset) / scale and (high - offset) / scale <= HOLDS[dtype][1]:
                    yield dtype, scale, offset
    if high < 2**32 - 1:
        yield "float32", 1.0, 0.0


def identify(unit, looks):
    """一个单元是哪台设备、什么字序：看哪些 32 位的值与画面对得上。

    字序反了的浮点数大得离谱或接近零，不会碰巧对上；带小数的读数还能说明是哪台设备。机器都停着时看不出来：None。
    """
    devices, orders = Counter(), Counter()
    for place in looks[0][1]:
        for order in ("big", "little") if place[0] == unit else ():
            for tag in looks[0][0]:
                seen = [values[tag] for values, _ in looks]
                if max(seen) > 0.5 and misfit(tag, row(*place, "float32", order), looks) is not None:
                    orders[order] += 1
                    devices[device(tag)] += any(value % 1 for value in seen)
    name, votes = devices.most_common(1)[0] if devices else (None, 0)
    return name if votes else None, orders.most_common(1)[0][0] if orders else None


def row(unit, table, address, dtype, order, scale=1.0, offset=0.0):
    """点表的一行。"""
    return {
        "unit_id": unit, "table": table, "address": address,
        "dtype": dtype, "word_order": order, "scale": scale, "offset": offset,
    }


def best(tag, unit, order, looks):
    """这个单元里与几次画面都对得上、误差最小的点；一样好的，取寄存器少的。分不清的有几个，就返回几个。"""
    found = []
    for dtype, scale, offset in codings(tag):
        for place in looks[0][1]:
            for one in (order,) if order else ("big", "little"):
                point = row(*place, dtype, one, scale, offset)
                error = misfit(tag, point, looks) if place[0] == unit else None
                if error is not None:
                    found.append(((round(error, 6), dtype[-2:]), point))
    found.sort(key=lambda item: item[0])
    alike = {(point["table"], point["address"]): point for key, point in reversed(found) if key == found[0][0]}
    return list(alike.values())


def misfit(tag, point, looks):
    """与画面的最大差，以工程单位计；对不上是 None。画面保留三位小数，所以多允许 0.0005。"""
    worst = 0.0
    for values, registers in looks:
        count = 1 if point["dtype"].endswith("16") else 2
        places = [(point["unit_id"], point["table"], point["address"] + k) for k in range(count)]
        if not all(place in registers for place in places):
            return None
        error = abs(decode([registers[place] for place in places], point) - values[tag])
        step = point["scale"] / 2 if point["dtype"] != "float32" else 1e-6 * abs(values[tag])
        if not error <= step + 0.00051:
            return None
        worst = max(worst, error)
    return worst


def match(units, looks):
    """{测点: [可能的点]}：先认出每个单元是哪台设备、什么字序，再在里面找测点。认不出的单元，怎样分配对得上的测点最多就怎样分配。"""
    known = {unit: identify(unit, looks) for unit in units}
    left = sorted({"line", "meter", "wet", "dry"} - {name for name, _ in known.values()})
    tries = []
    for names in permutations(left):
        names = iter(names)
        where = {name or next(names, None): (unit, order) for unit, (name, order) in known.items()}
        tries.append({tag: best(tag, *where[device(tag)], looks) if device(tag) in where else [] for tag in TAGS})
    return max(tries, key=lambda found: sum(map(bool, found.values())))


def find_points(patience=20):
    """十个测点的点表。有分不清的（比如两个计数恰好一直相同），就再看看，最多 patience 秒。"""
    begin = time.monotonic()
    with connect() as client:
        units = find_units(client)
        blocks = find_blocks(client, units)
        looks = look(client, blocks)
        found = match(units, looks)
        while any(len(points) != 1 for points in found.values()) and time.monotonic() - begin < patience:
            looks += look(client, blocks, times=4)
            found = match(units, looks)
    return {tag: points[0] for tag, points in found.items() if points}
### END SOLUTION


# %% [markdown]
# ## 第三步 写出点表
#
# 让 `POINTS` 成为 `{测点: 一行}`，十个测点各一行。写成常数，或由你的代码找出来，都可以。
# 判分看的是**能不能在整个量程上读对**：写法不同但读法等价的，一样得分。每个测点 3.5 分。
#
# > **English.** `POINTS = {tag: row}` for the ten tags, written down or found by your code. Rows that read the same
# > values over the whole range count the same. 3.5 points each.

# %% nbgrader={"grade_id": "point-table", "grade": true, "solution": true, "locked": false, "points": 35, "schema_version": 3, "cell_type": "code"}
### BEGIN SOLUTION
POINTS = find_points()
### END SOLUTION

# %% nbgrader={"grade_id": "point-table-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：用你的点表读一遍，与画面并排看 / Your readings beside the screen's (no points)
with connect() as _client:
    _screen = hmi()["values"]
    for _tag in TAGS:
        _point = POINTS.get(_tag)
        if _point is None:
            print("…", _tag, "还没有 / not yet")
            continue
        _count = 1 if _point["dtype"].endswith("16") else 2
        _registers = read(_client, _point["unit_id"], _point["table"], _point["address"], _count)
        _shown = decode(_registers, _point) if isinstance(_registers, list) else f"异常码 / exception {_registers}"
        print(f"{_tag:28} 你 / you: {_shown!s:22} HMI: {_screen[_tag]}")

# %% [markdown]
# ## 第四步 读数
#
# 写出 `read_tags(host, port, tags)`：连上给定的产线，用你的 `POINTS` 读出 `tags` 里的每个测点，返回 `{测点: 工程值}`。
# 评分时会对着一条**新的产线**调用几次（端口与这里不同，没有 HMI），并查看产线自己的日志：寄存器确实被读过，数值与那一刻相符，才得分。
#
# > **English.** `read_tags(host, port, tags)` returns `{tag: value}`. It is called against a fresh line on another
# > port, without a screen; the line's own log must show the reads.

# %% nbgrader={"grade_id": "read-tags", "grade": true, "solution": true, "locked": false, "points": 20, "schema_version": 3, "cell_type": "code"}
def read_tags(host, port, tags):
    """读出每个测点此刻的工程值 / The present value of each tag."""
    ### BEGIN SOLUTION
    values = {}
    with connect(host, port) as client:
        for tag in tags:
            point = POINTS[tag]
            count = 1 if point["dtype"].endswith("16") else 2
            values[tag] = decode(read(client, point["unit_id"], point["table"], point["address"], count), point)
    return values
    ### END SOLUTION


# %% nbgrader={"grade_id": "read-tags-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）：隔一会儿读两次，累计量只增不减 / Twice, a moment apart (no points)
_first = read_tags(HOST, PORT, TAGS)
time.sleep(0.5)
_second = read_tags(HOST, PORT, TAGS)
for _tag in TAGS:
    print(f"{_tag:28} {_first.get(_tag)!s:22} → {_second.get(_tag)}")

# %% [markdown]
# ## 第五步 班次报告
#
# 写出 `shift_report(points, start, end, planned, down, ideal_rate, limits)`。评分时用别的产线的点表和寄存器来调用它，所以一切都从参数来。
#
# | 参数 | 含义 |
# |---|---|
# | `points` | 点表，写法同上；其中有 `filler.count`、`line.good` 和若干带限值的测点 |
# | `start`、`end` | 班次开始、结束时的寄存器：`{(单元号, 表, 地址): 寄存器}` |
# | `planned`、`down` | 计划时间、停机时间，秒 |
# | `ideal_rate` | 灌装机的理想速率，瓶/分 |
# | `limits` | `{测点: (下限, 上限)}` |
#
# 返回字典：`availability`、`performance`、`quality`、`oee`（都是 0…1 的小数）和 `alarms`（班次结束时越限的测点，按名称排序的列表）。
#
# - 时间开动率 = （计划 − 停机）÷ 计划
# - 性能开动率 = 灌装数 ÷（理想速率 × 运行时间），灌装数是 `filler.count` 的增量
# - 合格品率 = 合格品数 ÷ 灌装数，合格品数是 `line.good` 的增量
# - OEE 是三者之积
#
# 注意：计数器是 32 位无符号数，数满 4294967295 之后回到 0。
#
# > **English.** From raw registers at the start and end of a shift return `availability`, `performance`, `quality`,
# > `oee` (0…1) and `alarms` (sorted tags outside their limits at the end). Counters wrap around at 2³².

# %% nbgrader={"grade_id": "oee", "grade": true, "solution": true, "locked": false, "points": 15, "schema_version": 3, "cell_type": "code"}
def shift_report(points, start, end, planned, down, ideal_rate, limits):
    """一班的 OEE 和报警 / OEE and alarms of one shift."""
    ### BEGIN SOLUTION
    def value(tag, registers):
        point = points[tag]
        count = 1 if point["dtype"].endswith("16") else 2
        places = [(point["unit_id"], point["table"], point["address"] + k) for k in range(count)]
        return decode([registers[place] for place in places], point)

    def grown(tag):
        return (value(tag, end) - value(tag, start)) % 2**32

    filled, good = grown("filler.count"), grown("line.good")
    availability = (planned - down) / planned
    performance = filled / (ideal_rate / 60 * (planned - down))
    quality = good / filled
    alarms = sorted(tag for tag, (low, high) in limits.items() if not low <= value(tag, end) <= high)
    return {
        "availability": availability,
        "performance": performance,
        "quality": quality,
        "oee": availability * performance * quality,
        "alarms": alarms,
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "oee-try", "grade": false, "solution": false, "locked": true, "schema_version": 3, "cell_type": "code"}
# 自查（不计分）/ Check yourself (no points)
_row = {"unit_id": 1, "table": "input", "dtype": "uint32", "word_order": "big", "scale": 1.0, "offset": 0.0}
_points = {
    "filler.count": {**_row, "address": 0},
    "line.good": {**_row, "address": 2},
    "filler.temperature": {**_row, "address": 4, "dtype": "int16", "scale": 0.1},
}
_start = {("input", k): v for k, v in enumerate([0, 100, 0, 90, 80])}
_end = {("input", k): v for k, v in enumerate([0, 25300, 0, 24786, 121])}
_report = shift_report(
    _points,
    {(1, *place): register for place, register in _start.items()},
    {(1, *place): register for place, register in _end.items()},
    planned=28800, down=1800, ideal_rate=60, limits={"filler.temperature": (4.0, 12.0)},
)
same("时间开动率 / availability", _report["availability"], 0.9375)
same("性能开动率 / performance", _report["performance"], 25200 / 27000)
same("合格品率 / quality", _report["quality"], 0.98)
same("OEE", _report["oee"], 0.9375 * 25200 / 27000 * 0.98)
print("✔" if _report["alarms"] == ["filler.temperature"] else "✘", "报警 / alarms →", _report["alarms"])

# %% [markdown]
# ## 第六步 写给接班的人
#
# 用自己的话回答（教师评阅）：
#
# 1. 你怎样判断一个 32 位测点的字序？哪种情况下单看一次读数会判断错？
# 2. 有一个点你差点认错了：当时的证据是什么，后来靠什么改过来？
# 3. 如果这条线明天换了一台温度变送器，点表的哪几列可能要改？
#
# > **English.** In your own words, for the instructor: how do you tell the word order, which point did you nearly get
# > wrong and what set it right, and which columns change when a transmitter is replaced?

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "locked": false, "points": 10, "schema_version": 3, "cell_type": "markdown"}
# ### BEGIN SOLUTION
# 1. 先用浮点数：字序反了，数会大得离谱或接近零。整数要看增长：低位寄存器在变，高位是零或很少变；刚好数值小于 65536 时，单看一次，
#    高位的零也可能是另一个点。多看几次，再看量程能不能装下。
# 2. 产品温度与另一个整数在一次读数里相差不到一个刻度；隔几秒再看，一个在慢慢走，一个不动，就分开了。
# 3. 比例、偏移、类型可能变；单元号、表、地址由控制器决定，通常不变。
# ### END SOLUTION
