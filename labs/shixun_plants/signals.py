"""What a plant can be asked for: its tags, in the engineering units that registers and the HMI show."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["analog", "counter", "state", "flag", "setpoint", "command", "switch"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One tag.

    `low` and `high` bound what its registers can hold, in `unit`; `noise` is the standard deviation of the instrument in
    `unit`; `group` names the device (Modbus unit) that serves it. `resolution` is the coarsest step that still tells something.
    A client may write setpoints, commands (bits that act once) and switches (bits that stay as written).
    """

    tag: str
    kind: Kind
    group: str
    zh: str
    en: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    noise: float = 0.0
    resolution: float = 1.0

    @property
    def writable(self) -> bool:
        """Whether a client may write it."""
        return self.kind in ("setpoint", "command", "switch")
