"""The tags of the bottling line, and their true values."""

from shixun_plants.alarms import CRITICAL, HIGH, LOW, AlarmSpec, limit_alarm
from shixun_plants.bottling.core import LineState
from shixun_plants.bottling.oee import line_oee
from shixun_plants.bottling.packml import Command, State
from shixun_plants.bottling.params import STATIONS
from shixun_plants.signals import Signal

BPM = "bottle/min"
STATION_TITLES = {
    "rinser": ("冲瓶机", "Rinser"),
    "filler": ("灌装机", "Filler"),
    "capper": ("旋盖机", "Capper"),
    "labeller": ("贴标机", "Labeller"),
    "packer": ("装箱机", "Packer"),
}
_GROUPS = {"rinser": "wet", "filler": "wet", "capper": "wet", "labeller": "dry", "packer": "dry"}
COMMANDS = {
    "line.cmd_start": Command.START,
    "line.cmd_stop": Command.STOP,
    "line.cmd_hold": Command.HOLD,
    "line.cmd_unhold": Command.UNHOLD,
    "line.cmd_reset": Command.RESET,
    "line.cmd_abort": Command.ABORT,
    "line.cmd_clear": Command.CLEAR,
}
_COMMAND_TITLES = {
    "line.cmd_start": ("启动命令", "Start command"),
    "line.cmd_stop": ("停止命令", "Stop command"),
    "line.cmd_hold": ("保持命令", "Hold command"),
    "line.cmd_unhold": ("解除保持命令", "Unhold command"),
    "line.cmd_reset": ("复位命令", "Reset command"),
    "line.cmd_abort": ("中止命令", "Abort command"),
    "line.cmd_clear": ("故障清除命令", "Clear command"),
}


def _line_signals() -> list[Signal]:
    percent = {"kind": "analog", "group": "line", "unit": "%", "high": 100.0, "resolution": 0.1}
    shares = [
        Signal(f"line.{name}", zh=zh, en=en, **percent)  # type: ignore[arg-type]
        for name, zh, en in (
            ("oee", "设备综合效率", "OEE"),
            ("availability", "时间开动率", "Availability"),
            ("performance", "性能开动率", "Performance"),
            ("quality", "合格品率", "Quality"),
        )
    ]
    return [
        Signal("line.state", "state", "line", "产线状态", "Line state", high=17),
        *shares,
        Signal("line.good", "counter", "line", "合格品数", "Good bottles", "bottle", high=2**32 - 1),
        Signal("line.rejects", "counter", "line", "剔除数", "Rejected bottles", "bottle", high=2**32 - 1),
        Signal("line.rate", "analog", "line", "产出速率", "Output rate", BPM, 0.0, 120.0, 0.05, 0.1),
        Signal("line.speed_setpoint", "setpoint", "line", "速度设定", "Speed set point", "%", 20.0, 100.0, 0.0, 0.5),
        Signal("line.order_size", "setpoint", "line", "订单数量", "Order size", "bottle", high=1_000_000),
        *(
            Signal(f"buffer{n}.level", "analog", "line", f"缓冲段{n}存量", f"Buffer {n} level", "bottle", high=500.0)
            for n in range(1, len(STATIONS))
        ),
        *(Signal(tag, "command", "line", *_COMMAND_TITLES[tag]) for tag in COMMANDS),
        Signal("line.power", "analog", "meter", "有功功率", "Active power", "kW", 0.0, 40.0, 0.02, 0.05),
        Signal("line.energy", "counter", "meter", "累计电能", "Energy", "kWh", high=1e6, resolution=0.1),
    ]  # fmt: skip


def _station_signals(name: str) -> list[Signal]:
    zh, en = STATION_TITLES[name]
    group = _GROUPS[name]
    return [
        Signal(f"{name}.state", "state", group, f"{zh}状态", f"{en} state", high=17),
        Signal(f"{name}.rate", "analog", group, f"{zh}速率", f"{en} rate", BPM, 0.0, 120.0, 0.1, 0.1),
        Signal(f"{name}.count", "counter", group, f"{zh}计数", f"{en} count", "bottle", high=2**32 - 1),
        Signal(f"{name}.running", "flag", group, f"{zh}运行", f"{en} running"),
        Signal(f"{name}.fault", "flag", group, f"{zh}故障", f"{en} fault"),
    ]  # fmt: skip


SIGNALS: tuple[Signal, ...] = (
    *_line_signals(),
    *(signal for spec in STATIONS for signal in _station_signals(spec.name)),
    Signal("rinser.pressure", "analog", "wet", "冲洗水压力", "Rinse water pressure", "kPa", 0.0, 600.0, 0.5, 0.5),
    Signal("filler.bowl_level", "analog", "wet", "料缸液位", "Filler bowl level", "mm", 0.0, 1500.0, 0.5, 1.0),
    Signal("filler.temperature", "analog", "wet", "产品温度", "Product temperature", "°C", -40.0, 120.0, 0.05, 0.1),
    Signal("filler.volume", "analog", "wet", "灌装量", "Fill volume", "mL", 0.0, 600.0, 0.3, 0.5),
    Signal("capper.torque", "analog", "wet", "旋盖扭矩", "Cap torque", "N·m", 0.0, 5.0, 0.01, 0.01),
    Signal(
        "labeller.glue_temperature", "analog", "dry", "热熔胶温度", "Glue temperature", "°C", -40.0, 250.0, 0.2, 0.5
    ),
    Signal("packer.cases", "counter", "dry", "装箱数", "Cases packed", "case", high=2**32 - 1),
)

_FAILED = (State.ABORTING, State.ABORTED)
_BY_TAG = {signal.tag: signal for signal in SIGNALS}
_HALTED = frozenset({State.ABORTING, State.ABORTED, State.STOPPED, State.HELD})
_LIMITS = (  # low, high, deadband, in the signal's unit
    ("rinser.pressure", 250.0, 350.0, 5.0),
    ("filler.temperature", 4.0, 12.0, 0.3),
    ("capper.torque", 1.4, 2.0, 0.05),
    ("labeller.glue_temperature", 150.0, 170.0, 1.0),
)
ALARMS: tuple[AlarmSpec, ...] = (
    AlarmSpec("line.state", "state", "产线停止", "Line halted", priority=CRITICAL, states=_HALTED),
    *(
        AlarmSpec(f"{name}.fault", "state", f"{zh}故障停机", f"{en} failed", priority=HIGH, states=frozenset({1}))
        for name, (zh, en) in STATION_TITLES.items()
    ),
    *(
        AlarmSpec(
            f"{name}.state", "state", f"{zh}等待上下游", f"{en} waits for its neighbours",
            priority=LOW, states=frozenset({State.SUSPENDED}),
        )
        for name, (zh, en) in STATION_TITLES.items()
    ),
    *(
        alarm
        for tag, low, high, deadband in _LIMITS
        for alarm in (
            limit_alarm(_BY_TAG[tag], "L", low, deadband=deadband, on_delay=5.0),
            limit_alarm(_BY_TAG[tag], "H", high, deadband=deadband, on_delay=5.0),
        )
    ),
)  # fmt: skip


def true_values(line: LineState) -> dict[str, float]:
    """Every tag's true value in its unit; flags are 0 or 1, states PackML numbers, commands 0."""
    oee = line_oee(line)
    pressure, temperature, torque, glue = line.wanders
    values: dict[str, float] = {
        "line.state": int(line.state),
        "line.oee": 100.0 * oee.oee,
        "line.availability": 100.0 * oee.availability,
        "line.performance": 100.0 * oee.performance,
        "line.quality": 100.0 * oee.quality,
        "line.good": line.delivered,
        "line.rejects": line.rejects,
        "line.rate": 60.0 * line.rate,
        "line.speed_setpoint": 100.0 * line.speed,
        "line.order_size": line.order,
        "line.power": line.power / 1e3,
        "line.energy": line.energy / 3.6e6,
        "rinser.pressure": pressure / 1e3,
        "filler.bowl_level": 1e3 * line.bowl,
        "filler.temperature": temperature - 273.15,
        "filler.volume": 1e6 * _fill_volume(line),
        "capper.torque": torque,
        "labeller.glue_temperature": glue - 273.15,
        "packer.cases": line.delivered // line.params.case_size,
    }
    values.update(dict.fromkeys(COMMANDS, 0))
    for number, level in enumerate(line.buffers, 1):
        values[f"buffer{number}.level"] = level
    for spec, station in zip(line.params.stations, line.stations, strict=True):
        values[f"{spec.name}.state"] = int(station.state)
        values[f"{spec.name}.rate"] = 60.0 * spec.rate * line.speed if station.state is State.EXECUTE else 0.0
        values[f"{spec.name}.count"] = station.made
        values[f"{spec.name}.running"] = int(station.state is State.EXECUTE)
        values[f"{spec.name}.fault"] = int(station.state in _FAILED)
    return values


def _fill_volume(line: LineState) -> float:
    """Mean fill volume in m3. A time-gravity filler's flow goes with the root of the head (Torricelli)."""
    head: float = max(line.bowl, 0.0) / line.params.bowl_level
    return float(line.params.bottle_volume * head**0.5)
