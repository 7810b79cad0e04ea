"""试跑并画图：网络、门和帧（鼠标停在色块上有说明） / Tries and drawings: network, gates and frames (hover over a block)."""

from html import escape

from IPython.display import HTML, display
from tsn import CONTROL, FAULTS, REST, TABLE_FAULTS, line_ns, ports, read_plan, simulate

COLOURS = ("#2f6fb0", "#c77d1a", "#2e8b57", "#a8487f", "#b3362b", "#5b5ea6", "#00838f", "#7a5c1e")
GATES = {
    "control": ("#9fd3ae", "控制门开 control"),
    "rest": ("#f8ecd2", "其余门开 others"),
    "closed": ("#cfd5dd", "全关 closed"),
    "both": ("#f3b4ae", "一起开 all open"),
}
OTHER = ("#5a6472", "最晚还能开始的大帧 last large frame")
WIDTH, LEFT, ROW = 640, 112, 26  # px


def look(network, streams, plan):
    """试跑一份计划，一条流说一行 / Try a plan: a text with a line for each stream."""
    found = simulate(network, streams, plan)
    lines = [f"✘ {port}: {TABLE_FAULTS[fault]}" for port, fault in found["tables"].items()]
    lines.append(f"  {'':16} 最晚到 / latest     抖动 / jitter (µs)")
    for stream in streams:
        verdict = found["streams"][stream["id"]]
        told = f"{'✔' if verdict['ok'] else '✘'} {stream['id']:16}"
        if verdict["latest"] is not None:
            told += _limited(verdict["latest"], stream["deadline"], 1) + _limited(verdict["jitter"], stream["jitter"], 2)
        told = told.rstrip()
        lines += [told] if verdict["ok"] else [told, f"  ↳ {FAULTS[verdict['fault']]}"]
    mark = "✔" if found["best_effort"] >= network["best_effort"] else "✘"
    share = f"{found['best_effort']:.0%} (≥ {network['best_effort']:.0%})"
    return "\n".join([*lines, f"{mark} 队列 0 开得最少的出口 / least of queue 0: {share}"])


def _limited(value, limit, places):
    return f" {value / 1000:7.{places}f} {'≤' if value <= limit else '>'} {limit / 1000:<7g}"


def draw_network(network, streams):
    """画拓扑和各条流的路 / Draw the topology and the streams' routes."""
    near = {}
    for port in network["mbps"]:
        near.setdefault(port.split(">")[0], []).append(port.split(">")[1])
    switches = sorted(node for node in near if len(near[node]) > 1)
    space = WIDTH / len(switches)
    place = {switch: (space * (number + 0.5), 115) for number, switch in enumerate(switches)}
    for switch in switches:
        ends = [node for node in near[switch] if node not in switches]
        for number, node in enumerate(ends):
            row = ends[number % 2 :: 2]
            across = (number // 2 - (len(row) - 1) / 2) * min(100, space / len(row))
            place[node] = (place[switch][0] + across, 195 if number % 2 else 35)
    parts = []
    for port, mbps in network["mbps"].items():
        a, b = (place[node] for node in port.split(">"))
        parts.append(_line([a, b], "#c3cad3", 14 if mbps >= 1000 else 8))
    for number, stream in enumerate(streams):
        shift = 4 * (number - (len(streams) - 1) / 2)
        parts.append(_line([(x + shift, y + shift) for x, y in map(place.get, stream["route"])], _colour(number), 2.5))
        told = f"{stream['id']}: {stream['bytes']} 字节 bytes / {stream['period'] / 1000:g} µs"
        x, y = 10 + number % 2 * WIDTH / 2, 250 + number // 2 * 22
        parts += [_rect(x, y - 11, 16, 12, _colour(number)), _text(x + 21, y, told, "start")]
    for node, (x, y) in place.items():
        half = 5 * len(node) + 8
        fill = "#e3effb" if node in switches else "#ffffff"
        parts.append(f'<rect x="{x - half}" y="{y - 15}" width="{2 * half}" height="30" rx="6" fill="{fill}" stroke="#1f2a37"/>')
        parts.append(_text(x, y + 5, node))
    bottom = 250 + (len(streams) + 1) // 2 * 22
    parts.append(_text(10, bottom, "灰粗线 thick: 1 Gbit/s，细线 thin: 100 Mbit/s", "start"))
    _show(bottom + 10, parts)


def gantt(network, streams, plan, until=None):
    """门（底色）和帧（色块），一行一个出口；until：画到多少微秒 / Gates behind, frames in front, a row for each port; `until` in µs."""
    cycle, _, tables, _ = read_plan(network, streams, plan)
    rows = list(dict.fromkeys(port for stream in streams for port in ports(stream["route"])))
    colours = {stream["id"]: _colour(number) for number, stream in enumerate(streams)}
    end = round(until * 1000) if until else max(cycle, 1)
    legend, height = _legend([*GATES.values(), OTHER, *((colour, name) for name, colour in colours.items())])
    parts, place = [*legend], {port: height + ROW * number for number, port in enumerate(rows)}
    for port, y in place.items():
        parts.append(_text(LEFT - 8, y + 16, port, "end"))
        parts += _gate_blocks(tables.get(port, []), y, end)
    frames = [(port, "", *times) for port, rows in tables.items() for times in _last_others(network, port, rows, end)]
    for port, name, begin, stop in frames + simulate(network, streams, plan)["frames"]:
        if begin < end:
            told = f"{port} {name or OTHER[1]}: {begin / 1000:.2f} – {stop / 1000:.2f} µs"
            shape = (place[port] + 5, ROW - 12, colours[name]) if name else (place[port] + 9, ROW - 20, OTHER[0])
            parts.append(_block(begin, min(stop, end), end, *shape, told))
    _show(height + ROW * len(rows) + 40, parts + _axis(end, height + ROW * len(rows)))


def show_gates(rows):
    """画一张门控表 / Draw one gate control list."""
    cycle = sum(ns for _, ns in rows)
    legend, height = _legend(GATES.values())
    _show(height + ROW + 40, [*legend, *_gate_blocks(rows, height, cycle), *_axis(cycle, height + ROW)])


def _gate_blocks(rows, y, end):
    parts, time = [], 0
    while rows and time < end:
        for gates, ns in rows:
            kind = "rest" if gates & REST else "closed"
            if gates & CONTROL:
                kind = "both" if gates & REST else "control"
            told = f"0x{gates:02X}: {time / 1000:.2f} – {(time + ns) / 1000:.2f} µs"
            if time < end:
                parts.append(_block(time, min(time + ns, end), end, y, ROW - 2, GATES[kind][0], told))
            time += ns
    return parts


def _last_others(network, port, rows, end):
    """(begin, end) 其余的门每次关上之前最后一刻开始的大帧 / Large frames that begin just before the other gates close."""
    size, time = line_ns(network["largest"], network["mbps"][port]), 0
    while time < end:
        for (gates, ns), (after, _) in zip(rows, [*rows[1:], rows[0]], strict=True):
            time += ns
            if gates & REST and not after & REST:
                yield time, time + size


def _block(begin, stop, end, y, height, colour, told):
    scale = (WIDTH - LEFT - 20) / end
    return _rect(LEFT + begin * scale, y, max(1, (stop - begin) * scale), height, colour, told)


def _axis(end, y):
    """刻度：五到十个整数 / Five to ten ticks at round numbers of µs."""
    step = next(step for size in (1, 10, 100, 1000, 10_000) for step in (size, 2 * size, 5 * size) if end / step <= 8_000)
    ticks = range(0, end // 1000 + 1, step)
    parts = [_text(LEFT + 1000 * tick * (WIDTH - LEFT - 20) / end, y + 16, str(tick)) for tick in ticks]
    return [*parts, _text(LEFT + (WIDTH - LEFT) / 2, y + 34, "时间 time (µs)")]


def _legend(marks):
    """图例的各部分和占的高度 / The parts of the legend and its height."""
    parts, x, y = [], LEFT, 8
    for colour, told in marks:
        width = 34 + sum(14 if ord(letter) > 255 else 8 for letter in told)
        if x + width > WIDTH:
            x, y = LEFT, y + 22
        parts += [_rect(x, y, 16, 12, colour), _text(x + 21, y + 11, told, "start")]
        x += width
    return parts, y + 26


def _colour(number):
    return COLOURS[number % len(COLOURS)]


def _rect(x, y, width, height, colour, told=""):
    title = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}">{title}</rect>'


def _line(points, colour, width):
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _text(x, y, text, anchor="middle"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _show(height, parts):
    box = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" style="max-width:100%;background:#fff"'
    font = 'font-family="sans-serif" font-size="14" fill="#1f2a37"'
    display(HTML(f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>{"".join(parts)}</svg>'))
