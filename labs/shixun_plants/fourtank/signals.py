"""The tags of the quadruple tank, and their alarms."""

from shixun_plants.alarms import CRITICAL, HIGH, LOW, MEDIUM, AlarmSpec, LimitKind, limit_alarm, limit_alarms
from shixun_plants.signals import Signal

SETTINGS = {  # tag: (loop, field)
    f"{tag}{number + 1}.{name}": (number, field)
    for number in (0, 1)
    for tag, name, field in (
        ("tank", "setpoint", "setpoint"),
        ("loop", "auto", "auto"),
        ("pump", "command", "hand"),
        ("loop", "gain", "gain"),
        ("loop", "reset_time", "reset"),
        ("tank", "drain", "drain"),
    )
}


def _loop_signals(n: int) -> tuple[Signal, ...]:
    return (
        Signal(f"tank{n}.setpoint", "setpoint", "loops", f"水箱{n}液位设定", f"Tank {n} set point", "cm", 0.0, 20.0, 0.0, 0.1),
        Signal(f"loop{n}.auto", "switch", "loops", f"回路{n}自动", f"Loop {n} in automatic"),
        Signal(f"pump{n}.command", "setpoint", "loops", f"水泵{n}手动输出", f"Pump {n} by hand", "V", 0.0, 10.0, 0.0, 0.01),
        Signal(f"loop{n}.gain", "setpoint", "loops", f"回路{n}比例增益", f"Loop {n} gain", "V/cm", -10.0, 10.0, 0.0, 0.01),
        Signal(f"loop{n}.reset_time", "setpoint", "loops", f"回路{n}积分时间", f"Loop {n} reset time", "s", 0.0, 1000.0, 0.0, 0.5),
        Signal(f"tank{n}.drain", "setpoint", "tanks", f"水箱{n}泄放阀", f"Tank {n} drain valve", "%", 0.0, 100.0, 0.0, 0.5),
    )  # fmt: skip


SIGNALS: tuple[Signal, ...] = (
    *(
        Signal(f"tank{n}.level", "analog", "tanks", f"水箱{n}液位", f"Tank {n} level", "cm", 0.0, 20.0, 0.03, 0.01)
        for n in (1, 2, 3, 4)
    ),
    *(
        signal
        for n in (1, 2)
        for signal in (
            Signal(f"pump{n}.voltage", "analog", "pumps", f"水泵{n}电压", f"Pump {n} voltage", "V", 0.0, 10.0, 0.0, 0.01),
            Signal(f"pump{n}.flow", "analog", "pumps", f"水泵{n}流量", f"Pump {n} flow", "cm³/s", 0.0, 60.0, 0.05, 0.05),
        )
    ),
    Signal("plant.spilled", "counter", "tanks", "溢流总量", "Water spilled", "mL", high=2**32 - 1),
    *_loop_signals(1),
    *_loop_signals(2),
)  # fmt: skip
_BY_TAG = {signal.tag: signal for signal in SIGNALS}

_LOWER: dict[LimitKind, tuple[float, int]] = {
    "HH": (18.0, CRITICAL), "H": (16.0, HIGH), "L": (5.0, MEDIUM), "LL": (2.0, HIGH),
}  # fmt: skip

ALARMS: tuple[AlarmSpec, ...] = (
    *(alarm for n in (1, 2) for alarm in limit_alarms(_BY_TAG[f"tank{n}.level"], _LOWER, deadband=0.3, on_delay=2.0)),
    *(limit_alarm(_BY_TAG[f"tank{n}.level"], "H", 16.0, MEDIUM, deadband=0.3, on_delay=2.0) for n in (3, 4)),
    *(
        AlarmSpec(f"loop{n}.auto", "state", f"回路{n}处于手动", f"Loop {n} is in manual", priority=LOW, states=frozenset({0}))
        for n in (1, 2)
    ),
)  # fmt: skip
