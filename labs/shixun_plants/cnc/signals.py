"""The tags of the milling machine, and their alarms."""

import math

from shixun_plants.alarms import CRITICAL, HIGH, LOW, MEDIUM, AlarmSpec, limit_alarm
from shixun_plants.cnc.core import STANDSTILL, TOP_SPEED, Failure, Mode, State, Variant
from shixun_plants.signals import Signal

COUNTS = {  # tag: (failure mode, 中文, English)
    "failures.tool_wear": (Failure.TOOL_WEAR, "刀具磨损故障次数", "Tool wear failures"),
    "failures.heat": (Failure.HEAT, "散热故障次数", "Heat dissipation failures"),
    "failures.power": (Failure.POWER, "功率故障次数", "Power failures"),
    "failures.overstrain": (Failure.OVERSTRAIN, "过载故障次数", "Overstrain failures"),
    "failures.random": (Failure.RANDOM, "随机故障次数", "Random failures"),
}
_MOST = 2**32 - 1

SIGNALS: tuple[Signal, ...] = (
    Signal("machine.state", "state", "machine", "机床状态", "Machine state", high=max(Mode)),
    Signal("machine.failure", "state", "machine", "故障类型", "Failure mode", high=max(Failure)),
    Signal("part.variant", "state", "machine", "工件等级", "Part variant", high=max(Variant)),
    Signal("part.progress", "analog", "machine", "加工进度", "Progress of the part", "%", 0.0, 100.0, 0.0, 0.1),
    Signal("part.cycle", "analog", "machine", "上件节拍", "Last cycle time", "s", 0.0, 32_000.0, 0.0, 1.0),
    Signal("parts.made", "counter", "machine", "加工件数", "Parts made", high=_MOST),
    Signal("parts.good", "counter", "machine", "合格件数", "Good parts", high=_MOST),
    Signal("parts.scrapped", "counter", "machine", "报废件数", "Parts scrapped", high=_MOST),
    Signal("machine.power", "analog", "machine", "整机功率", "Machine power", "kW", 0.0, 60.0, 0.02, 0.01),
    Signal("machine.energy", "counter", "machine", "累计电能", "Energy", "kWh", high=1e6, resolution=0.1),
    *(Signal(tag, "counter", "machine", zh, en, high=_MOST) for tag, (_mode, zh, en) in COUNTS.items()),
    Signal("air.temperature", "analog", "spindle", "环境温度", "Air temperature", "K", 270.0, 330.0, 0.05, 0.05),
    Signal("process.temperature", "analog", "spindle", "加工温度", "Process temperature", "K", 270.0, 350.0, 0.05, 0.05),
    Signal("spindle.speed", "analog", "spindle", "主轴转速", "Spindle speed", "rpm", 0.0, TOP_SPEED, 2.0, 1.0),
    Signal("spindle.running", "flag", "spindle", "主轴运转", "Spindle running"),
    Signal("spindle.torque", "analog", "spindle", "主轴扭矩", "Spindle torque", "N·m", 0.0, 120.0, 0.3, 0.1),
    Signal("spindle.power", "analog", "spindle", "切削功率", "Cutting power", "kW", 0.0, 50.0, 0.02, 0.01),
    Signal("spindle.override", "setpoint", "spindle", "主轴倍率", "Spindle override", "%", 60.0, 120.0, 0.0, 1.0),
    Signal("tool.wear", "analog", "tool", "刀具磨损", "Tool wear", "min", 0.0, 300.0, 0.0, 0.1),
    Signal("tool.changes", "counter", "tool", "换刀次数", "Tool changes", high=_MOST),
    Signal("tool.life_setpoint", "setpoint", "tool", "定时换刀设定", "Tool change at wear", "min", 10.0, 240.0, 0.0, 1.0),
    Signal("tool.cmd_change", "command", "tool", "换刀命令", "Change the tool"),
    Signal("machine.run", "switch", "machine", "自动循环", "Automatic cycle"),
)  # fmt: skip
_BY_TAG = {signal.tag: signal for signal in SIGNALS}

ALARMS: tuple[AlarmSpec, ...] = (
    AlarmSpec("machine.state", "state", "机床故障停机", "Machine stopped by a failure", priority=CRITICAL, states=frozenset({Mode.FAILED})),
    limit_alarm(_BY_TAG["tool.wear"], "H", 200.0, MEDIUM),
    limit_alarm(_BY_TAG["spindle.power"], "H", 8.5, HIGH, deadband=0.2, on_delay=2.0),
    AlarmSpec("machine.run", "state", "自动循环已停", "Automatic cycle is off", priority=LOW, states=frozenset({0})),
)  # fmt: skip


def process_values(state: State) -> dict[str, float]:
    """The true values that the machine alone decides."""
    cutting = state.mode is Mode.CUTTING
    torque = min(state.part.torque, 120.0) if cutting and state.speed > 0.0 else 0.0
    scrapped = sum(state.failures)
    return {
        "machine.state": int(state.mode),
        "machine.failure": int(state.failure),
        "part.variant": int(state.part.variant),
        "part.progress": 100.0 * state.progress,
        "part.cycle": min(state.cycle, 32_000.0),
        "parts.made": state.made,
        "parts.good": state.made - scrapped,
        "parts.scrapped": scrapped,
        "machine.power": min(state.power / 1e3, 60.0),
        "machine.energy": state.energy / 3.6e6,
        "air.temperature": state.air,
        "process.temperature": state.air + state.rise,
        "spindle.speed": state.speed,
        "spindle.running": int(state.speed > STANDSTILL),
        "spindle.torque": torque,
        "spindle.power": torque * state.speed * math.pi / 30e3,
        "tool.wear": state.tool.wear,
        "tool.changes": state.changes,
        **{tag: state.failures[mode] for tag, (mode, _zh, _en) in COUNTS.items()},
    }
