"""Seconds of the five most used pages on the whole embedded stack, through the front door: p50 and p95 of many requests."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from shixun.accounts.demo import PASSWORD
from shixun.commands.walk.browser import Person
from shixun.commands.walk.people import sign_in

PORT = 8480
ROUNDS = 60


def start(var: str) -> subprocess.Popen[str]:
    """A platform of its own in practice mode; returns once it says that it is up."""
    env = {**os.environ, "SHIXUN_VAR": var, "SHIXUN_PORT": str(PORT), "SHIXUN_LAB_BACKEND": "practice"}
    process = subprocess.Popen(
        [sys.executable, "-m", "shixun.cli", "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Shixun is up" in line:
            return process
    raise SystemExit("the platform did not come up:\n" + "".join(lines))


def pages(person: Person) -> dict[str, str]:
    """The five pages that a class of trainees asks for most."""
    index = person.get("/c/demo/learn", typed=True).text
    runs = sorted(set(re.findall(r'"(/c/demo/learn/[a-z0-9]{20})', index)))
    for run in runs:
        shown = person.get(run, typed=True).text
        lessons = re.findall(rf'"({run}/lessons/[a-z0-9-]+)"', shown)
        if lessons and f"{run}/labs/modbus-point-map" in shown:
            return {
                "center": "/c/demo/",
                "my courses": "/c/demo/learn",
                "run": run,
                "lesson": lessons[0],
                "lab": f"{run}/labs/modbus-point-map",
            }
    raise SystemExit("the demo center has no run with a lesson and lab 5.1")


def main() -> None:
    with tempfile.TemporaryDirectory() as var:
        process = start(var)
        try:
            person = Person("trainee", f"http://www.shixun.localhost:{PORT}")
            sign_in(person, "xueyuan", PASSWORD)
            print(
                f"pages: seconds of {ROUNDS} requests each, one after the other, SQLite, all processes on this machine"
            )
            for name, path in pages(person).items():
                seconds = []
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    answer = person.get(path, typed=True)
                    seconds.append(time.perf_counter() - began)
                    assert answer.status == 200, (path, answer.status)
                cuts = statistics.quantiles(seconds, n=20)
                print(f"  {name:12} p50 {statistics.median(seconds):.3f}   p95 {cuts[18]:.3f}")
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
