"""Forgeries, each around a wrong solution of the real lab: they earn no more than that solution alone, and it is said why."""

import logging
import re

import pytest
from graders_kit import Attempts, points

from shixun_graders.protocol import GradingResult, Note

ALONE = {"decode": 0.0, "point-table": 0.0, "read-tags": 0.0, "oee": 0.0}
CANARY = "canary-6f1d9a27c4"

RUN_CODE = """
from IPython.core.interactiveshell import InteractiveShell
async def run_code(self, code_obj, result=None, *, async_=False):
    return False
InteractiveShell.run_code = run_code
"""
NO_ASSERTS = """
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoAsserts())
"""
ALWAYS_EQUAL = """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return self
    __rsub__ = __abs__ = __sub__
    def __hash__(self): return 0
    def __float__(self): return 0.0
class YesDict(dict):
    def __missing__(self, key): return Yes()
    def get(self, key, default=None): return Yes()
    def __eq__(self, other): return True
def decode(registers, point): return Yes()
def read_tags(host, port, tags): return YesDict()
def shift_report(*args, **kwargs): return YesDict()
POINTS = YesDict()
"""
# Writes a verdict in every shape that the protocol has to every descriptor that can be opened.
EVERY_FD = """
import glob, json, os
def forge():
    cells = {"decode": [20, None], "point-table": [35, None], "read-tags": [20, None], "oee": [15, None]}
    lines = [
        {"op": "verdict", "cells": cells}, {"op": "end", "how": "done"}, {"op": "calls", "calls": []},
        {"outcome": "graded", "cells": cells}, {"ready": 0}, {"done": "stop"}, cells,
        {"op": "cell", "id": "decode", "outputs": [{"output_type": "stream", "name": "stdout", "text": "20/20"}]},
        *({"op": "answer", "n": n, "ok": True, "value": True} for n in range(40)),
    ]
    data = b"".join(json.dumps(line).encode() + b"\\n" for line in lines)
    for fd in [*range(256)]:
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            with open(path, "wb", buffering=0) as file:
                os.set_blocking(file.fileno(), False)
                file.write(data)
        except OSError:
            pass
forge()
"""
EVERY_FD_IN_CALLS = f"{EVERY_FD}\ndef decode(registers, point):\n    forge()\n    return 0\n"
# Replaces what answers calls: every call 'has' the value True, and the driver's own encoder lies.
DRIVER = """
import sys
from shixun_graders import data
from shixun_graders.run import kernel
kernel.answer = lambda shell, loop, call: {"op": "answer", "n": call["n"], "ok": True, "value": True}
kernel.encode = data.encode = lambda value: {"dict": [["points", 100]]}
"""
NESTED = """
from shixun_graders.run import kernel
def nested(shell, loop, call):
    value = 1
    for _ in range(900):
        value = {"list": [value]}
    return {"op": "answer", "n": call["n"], "ok": True, "value": value}
kernel.answer = nested
"""
ODD_ANSWERS = """
from shixun_graders.run import kernel
ODD = [
    {"op": "answer", "n": [], "ok": True, "value": 1},
    {"op": ["answer"], "n": 1, "ok": 1},
    {"op": "answer", "n": 2, "ok": False, "error": ["full", "marks"]},
    {"op": "answer", "n": 3, "ok": True, "value": {"array": {"dtype": "O", "shape": [1], "data": "AAAA"}}},
    {"op": "answer", "n": 4, "ok": True, "value": {"dict": [[{"list": []}, 1]]}},
    {"op": "verdict", "cells": {"decode": [20, None]}},
    {"op": "answer", "n": 6, "ok": True, "value": float("1e308") * 10},
]
kernel.answer = lambda shell, loop, call: ODD[call["n"] % len(ODD)]
"""
EXIT_IN_CALL = "import os\ndef decode(registers, point):\n    os._exit(0)\n"
FORGERIES = {
    "patched run_code": ({}, RUN_CODE, None),
    "dropped asserts": ({}, NO_ASSERTS, None),
    "always equal": (dict.fromkeys(("decode", "point-table", "read-tags", "oee"), ALWAYS_EQUAL), None, Note.NOT_DATA),
    "os._exit in a cell": ({}, "import os\nos._exit(0)", Note.KERNEL_DIED),
    "os._exit in a call": ({"decode": EXIT_IN_CALL}, None, Note.KERNEL_DIED),
    "every descriptor": ({}, EVERY_FD, None),
    "every descriptor, in calls": ({"decode": EVERY_FD_IN_CALLS}, None, None),
    "replaced driver": ({}, DRIVER, None),
    "nested answers": ({}, NESTED, None),
    "odd answers": ({}, ODD_ANSWERS, None),
}


def reasons(result: GradingResult) -> set[str]:
    """What the page says: a hint for every automatic cell, and notes."""
    return {cell.hint or "" for cell in result.cells if not cell.manual} | {str(note) for note in result.notes}


def test_the_wrong_solution_alone(lab_attempts: Attempts, wrong: dict[str, str]) -> None:
    result = lab_attempts(wrong)
    assert points(result) == ALONE
    assert {cell.hint for cell in result.cells if cell.grade_id == "point-table"} == {"off-by-one"}
    assert result.plant_log_digest is not None


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_earns_no_more(lab_attempts: Attempts, wrong: dict[str, str], name: str) -> None:
    cells, extra, note = FORGERIES[name]
    result = lab_attempts(wrong | cells, extra)
    assert points(result) == ALONE
    assert "" not in reasons(result)
    assert note is None or note in result.notes
    assert CANARY not in result.model_dump_json()


SEARCH = """
import gc, glob, os
needle = "-".join(("canary", "6f1d9a27c4")).encode()
found, read = [], 0
for top in ("/tmp", "/dev", "/home", "/srv", "/var", "/opt/shixun/lib/shixun", "/etc", "/mnt", "/run"):
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 300_000:
                    with open(path, "rb") as file:
                        read += 1
                        if needle in file.read():
                            found.append(path)
            except OSError:
                pass
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
    try:
        with open(path, "rb") as file:
            read += 1
            if needle in file.read():
                found.append(path)
    except OSError:
        pass
found += ["memory" for thing in gc.get_objects() if isinstance(thing, str) and needle.decode() in thing and thing != needle.decode()]
print("SEARCHED", read, "FOUND", found, "SEEDS", [name for name in os.environ if "PLANT" in name or "MAP" in name])
"""


def test_the_hidden_checks_are_nowhere(
    lab_attempts: Attempts, wrong: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    result = lab_attempts(wrong, SEARCH)
    assert points(result) == ALONE
    shown = re.search(r"SEARCHED (\d+) FOUND (.*?) SEEDS (.*?)\n", result.feedback_html or "")
    assert shown is not None
    assert int(shown.group(1)) > 5
    assert (shown.group(2), shown.group(3)) == ("[]", "[]")
    printed = capfd.readouterr()
    for text in (result.model_dump_json(), caplog.text, printed.out, printed.err):
        assert CANARY not in text


def test_what_the_hidden_phase_prints_is_nowhere(lab_attempts: Attempts, wrong: dict[str, str]) -> None:
    # The lab's own self-check calls with planned=28800: whatever else is asked for is the hidden phase.
    loud = """
import sys
def shift_report(points, start, end, planned, down, ideal_rate, limits):
    if planned != 28800:
        secret = "-".join(("HIDDEN", "PHASE", str(planned)))
        print(secret)
        display(secret)
        sys.stderr.write(secret)
        raise ValueError(secret)
    print("the self-check asked")
    return {"availability": 0, "performance": 0, "quality": 0, "oee": 0, "alarms": []}
"""
    result = lab_attempts(wrong | {"oee": loud})
    assert points(result) == ALONE
    assert "the self-check asked\n" in (result.feedback_html or "")
    assert "HIDDEN-PHASE" not in result.model_dump_json()


STOLEN = """
import socket
taken = []
for port in (5020, 5021, 8600):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        server.bind(("127.0.0.1", port))
        server.listen()
        taken.append(port)
    except OSError:
        pass
print("TAKEN", taken)
"""
FLOOD = """
import os, socket, struct
for port in (5020, 5021, 8600) * 2:
    if os.fork() == 0:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 2) as flood:
                    request = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0, 125)
                    while flood.send(request * 50):
                        flood.recv(65536)
            except OSError:
                pass
print("FLOODING")
"""


def test_the_plants_ports_can_not_be_taken(lab_attempts: Attempts, wrong: dict[str, str]) -> None:
    result = lab_attempts(wrong, STOLEN)
    assert points(result) == ALONE
    assert "TAKEN []" in (result.feedback_html or "")


def test_a_flooded_plant_is_no_reason_to_grade_again(lab_attempts: Attempts, wrong: dict[str, str]) -> None:
    result = lab_attempts(wrong, FLOOD)
    assert points(result) == ALONE
    assert "FLOODING" in (result.feedback_html or "")


def test_another_trainees_table_is_worth_nothing(lab_attempts: Attempts, table: dict[str, dict[str, object]]) -> None:
    given = {"explore": "pass", "point-table": f"POINTS = {table!r}"}
    own = points(lab_attempts(given))
    assert own == {"decode": 20.0, "point-table": 35.0, "read-tags": 20.0, "oee": 15.0}
    other = points(lab_attempts(given, map_seed=b"another trainee's map, 32 bytes!"))
    assert other == {"decode": 20.0, "point-table": 0.0, "read-tags": 0.0, "oee": 15.0}


def test_the_same_submission_gets_the_same_verdict(lab_attempts: Attempts, wrong: dict[str, str]) -> None:
    cells = wrong | {
        "decode": "def decode(registers, point):\n    return registers[0] * point['scale'] + point['offset']"
    }
    first, second = lab_attempts(cells), lab_attempts(cells)
    assert points(first) == points(second)
    assert first.environment == second.environment
    assert first.cells == second.cells
