"""The tags of the bearing stand, and their alarms."""

from shixun_plants.alarms import CRITICAL, HIGH, LOW, MEDIUM, AlarmSpec, limit_alarm, limit_alarms
from shixun_plants.bearing.core import STANDSTILL, TOP_SPEED, State
from shixun_plants.signals import Signal

ACCELERATION = "m/s²"
FEATURES = {  # tag: field of `vibration.Features`
    "vibration.rms": "rms",
    "vibration.peak": "peak",
    "vibration.kurtosis": "kurtosis",
    "vibration.crest": "crest",
    "envelope.bpfo": "bpfo",
    "envelope.bpfi": "bpfi",
    "envelope.ball": "ball",
    "envelope.ftf": "ftf",
}

SIGNALS: tuple[Signal, ...] = (
    Signal("shaft.speed", "analog", "drive", "轴转速", "Shaft speed", "rpm", 0.0, TOP_SPEED, 0.3, 0.1),
    Signal("shaft.turning", "flag", "drive", "轴转动", "Shaft turning"),
    Signal("drive.power", "analog", "drive", "电机功率", "Motor power", "kW", 0.0, 10.0, 0.005, 0.01),
    Signal("shaft.hours", "counter", "drive", "本轴承运行时间", "Running time of this bearing", "h", high=1e6, resolution=0.1),
    Signal("stand.replaced", "counter", "drive", "更换轴承次数", "Bearings replaced", high=2**32 - 1),
    Signal("housing.temperature", "analog", "monitor", "轴承温度", "Bearing temperature", "°C", -20.0, 180.0, 0.1, 0.1),
    Signal("ambient.temperature", "analog", "monitor", "环境温度", "Ambient temperature", "°C", -20.0, 60.0, 0.05, 0.1),
    Signal("vibration.rms", "analog", "monitor", "振动有效值", "Vibration RMS", ACCELERATION, 0.0, 300.0, 0.0, 0.01),
    Signal("vibration.peak", "analog", "monitor", "振动峰值", "Vibration peak", ACCELERATION, 0.0, 500.0, 0.0, 0.1),
    Signal("vibration.kurtosis", "analog", "monitor", "峭度", "Kurtosis", "", 0.0, 300.0, 0.0, 0.01),
    Signal("vibration.crest", "analog", "monitor", "峰值因子", "Crest factor", "", 0.0, 100.0, 0.0, 0.01),
    Signal("envelope.bpfo", "analog", "monitor", "外圈频率处包络幅值", "Envelope at BPFO", ACCELERATION, 0.0, 200.0, 0.0, 0.01),
    Signal("envelope.bpfi", "analog", "monitor", "内圈频率处包络幅值", "Envelope at BPFI", ACCELERATION, 0.0, 200.0, 0.0, 0.01),
    Signal("envelope.ball", "analog", "monitor", "滚珠2倍自转频率处包络幅值", "Envelope at 2·BSF", ACCELERATION, 0.0, 200.0, 0.0, 0.01),
    Signal("envelope.ftf", "analog", "monitor", "保持架频率处包络幅值", "Envelope at FTF", ACCELERATION, 0.0, 200.0, 0.0, 0.01),
    Signal("drive.speed_setpoint", "setpoint", "drive", "转速设定", "Speed set point", "rpm", 0.0, 1900.0, 0.0, 0.1),
    Signal("drive.load_setpoint", "setpoint", "drive", "载荷设定", "Load set point", "%", 0.0, 100.0, 0.0, 0.5),
    Signal("drive.run", "switch", "drive", "驱动启停", "Drive"),
    Signal("stand.cmd_replace", "command", "drive", "更换轴承", "Replace the bearing"),
)  # fmt: skip
_BY_TAG = {signal.tag: signal for signal in SIGNALS}

ALARMS: tuple[AlarmSpec, ...] = (
    *limit_alarms(_BY_TAG["vibration.rms"], {"H": (5.0, HIGH), "HH": (15.0, CRITICAL)}, deadband=0.5, on_delay=5.0),
    limit_alarm(_BY_TAG["vibration.kurtosis"], "H", 6.0, MEDIUM, deadband=0.5, on_delay=10.0),
    *limit_alarms(
        _BY_TAG["housing.temperature"], {"H": (65.0, HIGH), "HH": (80.0, CRITICAL)}, deadband=2.0, on_delay=10.0
    ),
    AlarmSpec("drive.run", "state", "驱动已停", "Drive is off", priority=LOW, states=frozenset({0})),
)


def process_values(state: State) -> dict[str, float]:
    """The true values of what changes slowly."""
    return {
        "shaft.speed": state.speed,
        "shaft.turning": int(state.speed > STANDSTILL),
        "drive.power": min(state.power / 1e3, 10.0),
        "shaft.hours": state.turned / 3600.0,
        "stand.replaced": state.replaced,
        "housing.temperature": min(max(state.temperature - 273.15, -20.0), 180.0),
        "ambient.temperature": min(max(state.ambient - 273.15, -20.0), 60.0),
    }
