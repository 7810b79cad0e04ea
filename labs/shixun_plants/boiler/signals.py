"""The tags of the boiler unit, and their alarms."""

from shixun_plants.alarms import CRITICAL, HIGH, LOW, MEDIUM, AlarmSpec, limit_alarms
from shixun_plants.boiler.control import Mode
from shixun_plants.signals import Signal

LOOPS = {  # name of the loop: (group, valve 中文, valve English, loop 中文, loop English)
    "fuel": ("boiler", "燃料阀", "Fuel valve", "燃料回路", "Fuel loop"),
    "steam": ("turbine", "主汽阀", "Steam valve", "功率回路", "Power loop"),
    "feed": ("boiler", "给水阀", "Feedwater valve", "给水回路", "Feedwater loop"),
}
SETPOINTS = {"drum.pressure_setpoint": "pressure", "turbine.power_setpoint": "power", "drum.level_setpoint": "level"}


def _loop_signals(name: str) -> tuple[Signal, ...]:
    group, zh, en, loop_zh, loop_en = LOOPS[name]
    return (
        Signal(f"{name}.valve", "analog", group, f"{zh}开度", f"{en} opening", "%", 0.0, 100.0, 0.0, 0.1),
        Signal(f"{name}.auto", "switch", group, f"{loop_zh}自动", f"{loop_en} in automatic"),
        Signal(f"{name}.command", "setpoint", group, f"{zh}手动开度", f"{en} by hand", "%", 0.0, 100.0, 0.0, 0.1),
    )


SIGNALS: tuple[Signal, ...] = (
    Signal("unit.state", "state", "boiler", "机组状态", "Unit state", high=2),
    Signal("drum.pressure", "analog", "boiler", "汽包压力", "Drum pressure", "MPa", 0.0, 20.0, 0.005, 0.01),
    Signal("drum.level", "analog", "boiler", "汽包水位", "Drum level", "mm", -1000.0, 1000.0, 1.0, 1.0),
    Signal("turbine.power", "analog", "turbine", "发电功率", "Electric power", "MW", 0.0, 200.0, 0.05, 0.01),
    Signal("turbine.target", "analog", "turbine", "功率目标", "Power target", "MW", 0.0, 200.0, 0.0, 0.01),
    Signal("steam.flow", "analog", "turbine", "蒸汽流量", "Steam flow", "t/h", 0.0, 700.0, 0.5, 0.5),
    Signal("feed.flow", "analog", "boiler", "给水流量", "Feedwater flow", "t/h", 0.0, 700.0, 0.5, 0.5),
    Signal("drum.relief", "flag", "boiler", "安全阀动作", "Safety valve open"),
    Signal("drum.drain", "flag", "boiler", "事故放水", "Emergency drain open"),
    *_loop_signals("fuel"),
    *_loop_signals("steam"),
    *_loop_signals("feed"),
    Signal("drum.pressure_setpoint", "setpoint", "boiler", "汽包压力设定", "Drum pressure set point", "MPa", 5.0, 14.0, 0.0, 0.01),
    Signal("drum.level_setpoint", "setpoint", "boiler", "汽包水位设定", "Drum level set point", "mm", -100.0, 100.0, 0.0, 1.0),
    Signal("turbine.power_setpoint", "setpoint", "turbine", "功率设定", "Power set point", "MW", 0.0, 150.0, 0.0, 0.01),
    Signal("dispatch.auto", "switch", "turbine", "接受调度", "Follow the dispatcher"),
    Signal("unit.reset", "command", "boiler", "跳闸复位", "Reset of the trip"),
    Signal("dispatch.demand", "analog", "energy", "调度负荷", "Dispatched load", "MW", 0.0, 200.0, 0.0, 0.01),
    Signal("clock.hour", "analog", "energy", "时刻", "Time of day", "h", 0.0, 24.0, 0.0, 0.01),
    Signal("tariff.period", "state", "energy", "电价时段", "Tariff period", high=3),
    Signal("tariff.price", "analog", "energy", "上网电价", "Energy price", "CNY/kWh", 0.0, 5.0, 0.0, 0.01),
    Signal("energy.total", "counter", "energy", "累计发电量", "Energy generated", "MWh", high=1e6, resolution=0.1),
    Signal("energy.short", "counter", "energy", "欠发电量", "Energy not delivered", "MWh", high=1e6, resolution=0.1),
    Signal("fuel.total", "counter", "energy", "累计耗煤", "Coal burnt", "t", high=1e6, resolution=0.1),
    Signal("co2.total", "counter", "energy", "累计CO₂排放", "CO₂ emitted", "t", high=1e6, resolution=0.1),
    Signal("co2.intensity", "analog", "energy", "度电CO₂排放", "CO₂ per kWh", "kg/kWh", 0.0, 20.0, 0.0, 0.01),
    Signal("account.revenue", "counter", "energy", "售电收入", "Revenue", "CNY", high=2**32 - 1),
    Signal("account.fuel_cost", "counter", "energy", "燃料成本", "Fuel cost", "CNY", high=2**32 - 1),
)  # fmt: skip
_BY_TAG = {signal.tag: signal for signal in SIGNALS}

ALARMS: tuple[AlarmSpec, ...] = (
    AlarmSpec("unit.state", "state", "主燃料跳闸（MFT）", "Main fuel trip", priority=CRITICAL, states=frozenset({Mode.TRIPPED})),
    AlarmSpec("drum.relief", "state", "安全阀动作", "Safety valve open", priority=HIGH, states=frozenset({1})),
    *limit_alarms(
        _BY_TAG["drum.level"],
        {"HH": (150.0, CRITICAL), "H": (75.0, HIGH), "L": (-75.0, HIGH), "LL": (-150.0, CRITICAL)},
        deadband=10.0,
        on_delay=3.0,
    ),
    *limit_alarms(
        _BY_TAG["drum.pressure"],
        {"HH": (13.5, CRITICAL), "H": (12.0, HIGH), "L": (9.5, MEDIUM), "LL": (8.0, HIGH)},
        deadband=0.1,
        on_delay=5.0,
    ),
    *(
        AlarmSpec(f"{name}.auto", "state", f"{zh}处于手动", f"{en} is in manual", priority=LOW, states=frozenset({0}))
        for name, (_g, _z, _e, zh, en) in LOOPS.items()
    ),
)  # fmt: skip
