"""What plants cost: seconds of a core for one simulated hour of each kind, and of a live one at 10 Hz its share of a core and its memory.

CPU time is counted, not the wall's: what else the machine does changes little. The goals are the issue's: under 3 % of a core and 130 MB
with Modbus, OPC UA and MQTT, under 40 MB with Modbus alone; both without a screen.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from shixun_plants.headless import simulate
from shixun_plants.plants import KINDS

LABS = Path(__file__).parents[2] / "labs"
SECONDS = 10.0  # that a live plant is watched
TICKS = os.sysconf("SC_CLK_TCK")


def hour(kind: str) -> float:
    """Seconds of a core for one simulated hour."""
    began = time.process_time()
    simulate(kind, b"bench", 3600.0)
    return time.process_time() - began


def cpu(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def live(kind: str, protocols: str) -> tuple[float, float, float]:
    """Seconds of a core until it is ready, its share of one after that in percent, and its memory in MB (RSS)."""
    ports = [word for name in ("modbus", "opcua", "mqtt") for word in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "shixun_plants", "run", kind, "--no-hmi", "--protocols", protocols, *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(LABS)}) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["ready"]
            start, began = cpu(process.pid), time.monotonic()
            time.sleep(SECONDS)
            share = 100.0 * (cpu(process.pid) - start) / (time.monotonic() - began)
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.kill()
    return start, share, int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """Print a table."""
    print(f"plants: {'kind':10} {'1 h':>8} {'protocols':>20} {'start':>8} {'core':>7} {'memory':>9}")
    for kind in KINDS:
        seconds = f"{hour(kind):.2f} s"
        for protocols in ("modbus", "modbus,opcua,mqtt"):
            start, share, memory = live(kind, protocols)
            print(f"        {kind:10} {seconds:>8} {protocols:>20} {start:6.1f} s {share:5.1f} % {memory:6.0f} MB")
            seconds = ""


if __name__ == "__main__":
    main()
