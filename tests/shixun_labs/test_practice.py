"""Without an engine: plain processes, one person at a time, and nothing that counts."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from labs_stack import BASE, Stack, run_in_kernel, running, sign

from shixun_labs.endings import KEPT, Endings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
ALICE, BOB = "talice00000000000000", "tbob0000000000000000"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("practice"), BASE + 10, "practice") as stack:
        yield stack


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_practice_lab_works_with_its_plant_and_its_files_come_back(practice: Stack) -> None:
    browser = practice.sign_in(ALICE)
    event = practice.start(ALICE, plant=practice.plant())
    assert event.get("ready"), (event, practice.log()[-3000:])
    url = practice.lab(ALICE)
    assert browser.get(f"{url}/lab").status == 200
    assert "<svg" in browser.get(f"{url}/shixun/hmi/").text
    (row,) = browser.get(f"{url}/assignments?course_id=shixun").json()["value"]
    assert row["status"] == "fetched"
    code = """
import os
from pymodbus.client import ModbusTcpClient
with ModbusTcpClient("127.0.0.1", port=5020) as client:
    print("connected", client.connected, os.getuid())
open("mine.txt", "w").write("kept")
print(any("KEY" in name or "SECRET" in name for name in os.environ))
"""
    printed = asyncio.run(run_in_kernel(browser, url, code))
    assert "connected True" in printed
    assert printed.endswith("False\n")
    answer = browser.ask("POST", f"{url}/assignments/submit", {"course_id": "shixun", "assignment_id": "modbus"}).json()
    assert answer["success"], answer

    other = practice.sign_in(BOB)
    message = refused(practice, BOB)
    assert "同一时间只能有一人" in message

    practice.stop(ALICE)
    assert practice.web.work["mine.txt"] == b"kept"
    assert practice.start(BOB, plant=practice.plant() | {"recorded": True})["ready"]
    screen = f"{practice.lab(BOB)}/shixun/hmi"
    assert "一个班次的记录" in other.get(f"{screen}/?lang=zh").text
    assert len(other.get(f"{screen}/shift.json").json()["stations"]) == 5
    practice.stop(BOB)


def refused(stack: Stack, person: str, **changes: Any) -> str:
    page = stack.api(
        "POST", f"/users/{person}/server", {"user_options": {"ticket": sign(stack.claims(person, **changes))}}
    )
    return str(stack.progress(person)[-1]) if page.status in (201, 202) else str(page.text)


def test_signing_out_at_the_hub_closes_it_and_leads_to_the_front_page(practice: Stack) -> None:
    browser = practice.sign_in(ALICE)
    cookies = browser.jar["labs.shixun.localhost"]
    assert cookies
    out = browser.get(f"{practice.labs}/hub/logout", follow=False)
    assert (out.status, out.headers["Location"]) == (302, practice.pages)
    assert "jupyterhub-hub-login" not in cookies
    asked = browser.get(f"{practice.labs}/hub/home", follow=False)
    assert asked.status == 302
    assert "/hub/login" in asked.headers["Location"]


def test_the_hub_tells_web_alone_why_labs_ended(practice: Stack) -> None:
    answer = practice.api("GET", "/shixun/endings?session=nobody&session=another")
    assert (answer.status, answer.json()) == (200, {})
    stranger = practice.sign_in(ALICE).get(f"{practice.labs}/hub/api/shixun/endings?session=nobody")
    assert stranger.status == 403


def test_endings_are_kept_by_session_and_not_without_end() -> None:
    kept = Endings()
    kept.note("s1", "memory")
    kept.note("s1", "crashed")
    for number in range(KEPT):
        kept.note(f"t{number}", "idle")
    assert kept.of(["s1", "t0", "t1", "never"]) == {"t0": "idle", "t1": "idle"}
    again = Endings()
    again.note("s1", "memory")
    again.note("s1", "crashed")
    assert again.of(["s1"]) == {"s1": "memory"}


def test_a_lab_that_counts_is_refused(practice: Stack) -> None:
    practice.sign_in(ALICE)
    message = refused(practice, ALICE, counts=True)
    assert "不能计分" in message
    assert "can't count" in message


def test_no_process_stays_when_the_hub_ends(tmp_path: Path) -> None:
    with running(tmp_path, BASE + 20, "practice") as stack:
        stack.sign_in(ALICE)
        assert stack.start(ALICE, plant=stack.plant())["ready"]
        hub = stack.processes[-1].pid
        left = children_of(hub)
        assert len(left) == 2
    deadline = time.monotonic() + 90
    while any(Path(f"/proc/{pid}").exists() for pid in left):
        assert time.monotonic() < deadline, "a process stayed"
        time.sleep(0.1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop rights")
def test_roots_hub_gives_its_rights_away_where_nobody_can_read_the_installation(practice: Stack) -> None:
    import subprocess
    import sys

    check = [sys.executable, "-c", "import jupyter_server"]
    try:
        readable = subprocess.run(check, user=65534, group=65534, extra_groups=[], cwd="/", check=False).returncode == 0
    except PermissionError:
        readable = False
    browser = practice.sign_in(ALICE)
    assert practice.start(ALICE)["ready"]
    browser.get(f"{practice.lab(ALICE)}/lab")
    printed = asyncio.run(run_in_kernel(browser, practice.lab(ALICE), "import os; print(os.getuid())"))
    assert printed.strip() == ("65534" if readable else "0")
    practice.stop(ALICE)
