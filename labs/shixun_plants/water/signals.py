"""The tags of the raw water supply, and their alarms."""

from shixun_plants.alarms import CRITICAL, HIGH, LOW, MEDIUM, AlarmSpec, limit_alarm
from shixun_plants.signals import Signal
from shixun_plants.water.control import Mode
from shixun_plants.water.core import HOUR, Params, State

FLOW = "m³/h"
SETPOINTS = {  # tag: (field of the PLC, 中文, English, high)
    "lit101.ll_setpoint": ("low_low", "T101低低液位设定", "T101 very low mark", 1600.0),
    "lit101.l_setpoint": ("low", "T101低液位设定", "T101 low mark", 1600.0),
    "lit101.h_setpoint": ("high", "T101高液位设定", "T101 high mark", 1600.0),
    "lit301.l_setpoint": ("t301_low", "T301低液位设定", "T301 low mark", 1200.0),
    "lit301.h_setpoint": ("t301_high", "T301高液位设定", "T301 high mark", 1200.0),
    "mv101.setpoint": ("valve_by_hand", "MV101手动开度", "MV101 opening by hand", 100.0),
}
SWITCHES = {
    "plc1.auto": ("auto", "PLC1自动", "PLC1 in automatic"),
    "p101.run": ("pump1_by_hand", "P101手动启停", "P101 by hand"),
    "p102.run": ("pump2_by_hand", "P102手动启停", "P102 by hand"),
}

SIGNALS: tuple[Signal, ...] = (
    Signal("plc1.state", "state", "plc1", "PLC1状态", "PLC1 state", high=2),
    Signal("lit101.level", "analog", "plc1", "原水箱T101液位", "Raw water tank T101 level", "mm", 0.0, 1600.0, 1.0, 1.0),
    Signal("fit101.flow", "analog", "plc1", "进水流量", "Inflow", FLOW, 0.0, 4.0, 0.01, 0.01),
    Signal("mv101.position", "analog", "plc1", "进水阀MV101开度", "Inlet valve MV101 opening", "%", 0.0, 100.0, 0.0, 0.5),
    Signal("p101.running", "flag", "plc1", "P101运行", "P101 running"),
    Signal("p102.running", "flag", "plc1", "P102运行", "P102 running"),
    Signal("p101.failed", "flag", "plc1", "P101无流量故障", "P101 failed, no flow"),
    Signal("p102.failed", "flag", "plc1", "P102无流量故障", "P102 failed, no flow"),
    Signal("p101.hours", "counter", "plc1", "P101累计运行", "P101 running time", "h", high=1e6, resolution=0.1),
    Signal("p101.starts", "counter", "plc1", "P101启动次数", "P101 starts", "", high=2**32 - 1),
    Signal("fit201.flow", "analog", "plc2", "输水流量", "Outflow", FLOW, 0.0, 4.0, 0.01, 0.01),
    Signal("fit201.total", "counter", "plc2", "累计输水", "Water delivered", "m³", high=1e6, resolution=0.1),
    Signal("lit301.level", "analog", "plc3", "超滤进水箱T301液位", "UF feed tank T301 level", "mm", 0.0, 1200.0, 1.0, 1.0),
    Signal("fit301.flow", "analog", "plc3", "超滤用水流量", "UF demand", FLOW, 0.0, 4.0, 0.01, 0.01),
    Signal("plant.spilled", "counter", "plc3", "溢流总量", "Water spilled", "L", high=1e6, resolution=0.1),
    *(
        Signal(tag, "setpoint", "plc3" if tag.startswith("lit301") else "plc1", zh, en, "%" if high == 100 else "mm", 0.0, high)
        for tag, (_field, zh, en, high) in SETPOINTS.items()
    ),
    *(Signal(tag, "switch", "plc1", zh, en) for tag, (_field, zh, en) in SWITCHES.items()),
    Signal("plc1.reset", "command", "plc1", "故障复位", "Reset of failures"),
)  # fmt: skip
_BY_TAG = {signal.tag: signal for signal in SIGNALS}
_T101, _T301 = _BY_TAG["lit101.level"], _BY_TAG["lit301.level"]

ALARMS: tuple[AlarmSpec, ...] = (
    limit_alarm(_T101, "HH", 1200.0, CRITICAL, deadband=10.0, on_delay=2.0),
    limit_alarm(_T101, "H", 850.0, HIGH, deadband=10.0, on_delay=5.0),
    limit_alarm(_T101, "L", 450.0, HIGH, deadband=10.0, on_delay=5.0),
    limit_alarm(_T101, "LL", 250.0, CRITICAL, deadband=10.0, on_delay=2.0),
    limit_alarm(_T301, "H", 1050.0, MEDIUM, deadband=10.0, on_delay=5.0),
    limit_alarm(_T301, "L", 700.0, MEDIUM, deadband=10.0, on_delay=5.0),
    AlarmSpec("p101.failed", "state", "P101无流量，已切换", "P101 without flow, duty handed over", priority=HIGH, states=frozenset({1})),
    AlarmSpec("p102.failed", "state", "P102无流量，已切换", "P102 without flow, duty handed over", priority=HIGH, states=frozenset({1})),
    AlarmSpec("plc1.state", "state", "低液位联锁停泵", "Pumps locked: level too low", priority=HIGH, states=frozenset({Mode.INTERLOCK})),
    AlarmSpec("plc1.auto", "state", "PLC1处于手动", "PLC1 is in manual", priority=LOW, states=frozenset({0})),
)  # fmt: skip


def process_values(params: Params, state: State) -> dict[str, float]:
    """The true values that the process alone decides; flows in m3/h, levels in mm, volumes in m3 (spilled: L)."""
    return {
        "lit101.level": 1e3 * state.level,
        "fit101.flow": HOUR * state.inflow,
        "mv101.position": 100.0 * state.valve,
        "p101.running": int(state.pump1 > 0.5),
        "p102.running": int(state.pump2 > 0.5),
        "p101.hours": state.run1 / HOUR,
        "p101.starts": state.starts1,
        "fit201.flow": HOUR * state.outflow,
        "lit301.level": 1e3 * state.level_t301,
        "fit301.flow": HOUR * state.demand,
        "plant.spilled": 1e3 * state.spilled,
    }
