"""Labs on a real hub, proxy and engine: sign-in, ticket, kernel against the plant, HMI, exchange, saved work, limits, refusals."""

import asyncio
import os
import signal
import threading
import time
from typing import Any

import pytest
from labs_stack import NETWORK, Stack, inspect, run_in_kernel, sign

from shixun_labs import baseline

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
READ_PLANT = """
from pymodbus.client import ModbusTcpClient
with ModbusTcpClient("127.0.0.1", port=5020) as client:
    found = []
    for unit in range(1, 30):
        for address in range(0, 400, 50):
            answer = client.read_holding_registers(address, count=1, device_id=unit)
            if not answer.isError():
                found.append((unit, address))
    print("connected", client.connected)
"""


def test_the_kernel_reads_the_plant_and_the_screen_is_in_the_lab(stack: Stack, shared: Any) -> None:
    person, browser = shared
    url = stack.lab(person)
    assert browser.get(f"{url}/lab").status == 200
    assert "connected True" in asyncio.run(run_in_kernel(browser, url, READ_PLANT))

    page = browser.get(f"{url}/shixun/hmi/")
    assert page.status == 200
    assert "<svg" in page.text
    assert page.headers["Content-Security-Policy"] == f"frame-ancestors 'self' {stack.pages}"
    # its scripts and styles come by the same way, whatever the prefix
    assert 'src="/' not in page.text
    assert 'href="/' not in page.text
    assert browser.get(f"{url}/shixun/hmi").url.endswith("/shixun/hmi/")


def test_the_list_in_jupyterlab_fetches_submits_and_shows_feedback(stack: Stack, lab: Any) -> None:
    person, browser = lab
    url = stack.lab(person)
    (row,) = browser.get(f"{url}/assignments?course_id=shixun").json()["value"]
    assert row["status"] == "fetched"
    asked = {"course_id": "shixun", "assignment_id": "modbus"}
    answer = browser.ask("POST", f"{url}/assignments/submit", asked).json()
    assert answer["success"], answer
    assert stack.web.submissions[0]["id"] == answer["receipt"]["id"]
    answer = browser.ask("POST", f"{url}/assignments/fetch_feedback", asked).json()
    (entry,) = answer["value"][1]["submissions"]
    page = browser.get(f"{url}/files/{entry['local_feedback_path']}/feedback.html")
    assert "38 / 50" in page.text

    stack.web.away = True
    answer = browser.ask("POST", f"{url}/assignments/submit", asked).json()
    assert not answer["success"]
    assert "自动提交" in answer["value"]
    stack.web.away = False
    browser.ask("PUT", f"{url}/api/contents/modbus/x.txt", {"type": "file", "format": "text", "content": "x"})
    deadline = time.monotonic() + 120
    while len(stack.web.submissions) < 2:
        assert time.monotonic() < deadline, "the kept submission was never sent"
        time.sleep(0.1)
    assert browser.get(f"{url}/shixun/status").json()["kept"] == 0


def test_validation_runs_the_visible_checks(stack: Stack, shared: Any) -> None:
    person, browser = shared
    answer = browser.ask("POST", f"{stack.lab(person)}/assignments/validate", {"path": "modbus/notebook.ipynb"}).json()
    assert answer["success"], answer
    for path in ("../../etc/passwd", "nothing.ipynb", "modbus"):
        assert browser.ask("POST", f"{stack.lab(person)}/assignments/validate", {"path": path}).status == 404


def test_work_survives_the_container_and_a_reset_brings_a_fresh_plant(stack: Stack, lab: Any, engine: Any) -> None:
    person, browser = lab
    url = stack.lab(person)
    notebook = browser.get(f"{url}/api/contents/modbus/notebook.ipynb").json()["content"]
    notebook["cells"][0]["source"] = "answer = 42"
    saved = browser.ask("PUT", f"{url}/api/contents/modbus/notebook.ipynb", {"type": "notebook", "content": notebook})
    assert saved.status == 200, saved.text
    deadline = time.monotonic() + 90
    while b"answer = 42" not in stack.web.work.get("modbus/notebook.ipynb", b""):
        assert time.monotonic() < deadline, "the save was not pushed"
        time.sleep(0.05)
    # what only a kernel wrote goes out when the lab stops
    asyncio.run(run_in_kernel(browser, url, "open('result.csv', 'w').write('1,2')"))
    old = {name: inspect(engine, f"{NETWORK}-{person}{name}")["Id"] for name in ("", "-plant")}
    stack.stop(person)
    assert stack.web.work["result.csv"] == b"1,2"
    for identity in old.values():
        assert not engine.containers(all=True, filters={"id": identity})

    plant = stack.plant() | {"process_seed": "33" * 32}
    assert stack.start(person, plant=plant)["ready"]
    assert browser.get(f"{url}/lab").status == 200
    assert (
        browser.get(f"{url}/api/contents/modbus/notebook.ipynb").json()["content"]["cells"][0]["source"]
        == "answer = 42"
    )
    assert browser.get(f"{url}/api/contents/result.csv").json()["content"] == "1,2"
    environment = inspect(engine, f"{NETWORK}-{person}-plant")["Config"]["Env"]
    assert "SHIXUN_PLANT_PROCESS_SEED=" + "33" * 32 in environment


FORKS = """
import os, time
for n in range(600):
    try:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
    except OSError:
        print("stopped", n > 50)
        break
"""
BOMBS = {
    "disk": (
        """
with open("/tmp/big", "wb") as big:
    try:
        for n in range(4000):
            big.write(bytes(1 << 20))
            big.flush()
    except OSError as error:
        print("full", error.errno)
        big.truncate(0)
""",
        "full 28",
    ),
    "inodes": (
        """
n = 0
try:
    while n < 10**6:
        open(f"/tmp/i{n}", "w").close()
        n += 1
except OSError as error:
    print("inodes", error.errno, n < 50000)
""",
        "inodes 28 True",
    ),
    "read-only": (
        """
for path in ("/etc/x", "/opt/shixun/x", "/x", "/var/tmp/x"):
    try:
        open(path, "w")
        print("wrote", path)
    except OSError as error:
        print(path, error.errno)
""",
        "/opt/shixun/x 30",
    ),
    "noexec": (
        """
import os, subprocess
with open("/home/lab/x.sh", "w") as script:
    script.write("#!/bin/sh\\necho ran")
os.chmod("/home/lab/x.sh", 0o755)
try:
    print("wrote and", subprocess.run(["/home/lab/x.sh"], capture_output=True, text=True).stdout)
except OSError as error:
    print("noexec", error.errno)
""",
        "noexec 13",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_hurts_only_its_own_lab(stack: Stack, shared: Any, name: str) -> None:
    person, browser = shared
    bomb, sign_of_life = BOMBS[name]
    printed = asyncio.run(run_in_kernel(browser, stack.lab(person), bomb))
    assert sign_of_life in printed
    assert "wrote" not in printed


def test_a_fork_bomb_leaves_other_labs_alone_and_ends_with_its_lab(
    stack: Stack, lab: Any, shared: Any, engine: Any
) -> None:
    person, browser = lab
    assert "stopped True" in asyncio.run(run_in_kernel(browser, stack.lab(person), FORKS))
    neighbour, theirs = shared
    assert "2" in asyncio.run(run_in_kernel(theirs, stack.lab(neighbour), "print(1 + 1)"))
    stack.stop(person)
    assert not engine.containers(all=True, filters={"name": f"{NETWORK}-{person}"})


def test_a_memory_bomb_ends_its_kernel_and_the_lab_goes_on(stack: Stack, lab: Any) -> None:
    person, browser = lab
    with pytest.raises((AssertionError, TimeoutError)):
        asyncio.run(
            run_in_kernel(browser, stack.lab(person), "x = []\nwhile True:\n    x.append(bytes(1 << 24))", seconds=25)
        )
    assert browser.get(f"{stack.lab(person)}/shixun/status").status == 200


def test_progress_is_told_in_both_languages(stack: Stack) -> None:
    person = "tprogress00000000000"
    stack.sign_in(person)
    ticket = sign(stack.claims(person, plant=stack.plant(), lang="en"))
    assert stack.api("POST", f"/users/{person}/server", {"user_options": {"ticket": ticket}}).status in (201, 202)
    events = stack.progress(person)
    steps = [event["step"] for event in events if "step" in event]
    assert steps[:1] == ["network"]
    assert {"create", "plant", "server"} <= set(steps)
    plant = next(event for event in events if event.get("step") == "plant")
    assert plant["message"] == plant["messages"]["en"] == "Starting the plant"
    assert plant["messages"]["zh"] == "启动设备"
    assert [event["progress"] for event in events] == sorted(event["progress"] for event in events)
    stack.stop(person)


def test_a_plant_that_a_trainee_kills_comes_back(stack: Stack, lab: Any, engine: Any) -> None:
    person, browser = lab
    # `docker kill` would count as an operator's stop; a crash is what has to be survived
    os.kill(inspect(engine, f"{NETWORK}-{person}-plant")["State"]["Pid"], signal.SIGKILL)
    deadline = time.monotonic() + 90
    while inspect(engine, f"{NETWORK}-{person}-plant")["RestartCount"] == 0:
        assert time.monotonic() < deadline, "the plant was not started again"
        time.sleep(0.1)
    while browser.get(f"{stack.lab(person)}/shixun/hmi/").status != 200:
        assert time.monotonic() < deadline, "the plant did not come back"
        time.sleep(0.2)


def test_a_lab_that_died_leaves_no_plant_behind(stack: Stack, engine: Any) -> None:
    person = "tdies000000000000000"
    stack.sign_in(person)
    assert stack.start(person, plant=stack.plant())["ready"]
    session = inspect(engine, f"{NETWORK}-{person}")["Config"]["Labels"][baseline.SESSION]
    engine.kill(f"{NETWORK}-{person}", signal="SIGKILL")
    deadline = time.monotonic() + 120
    while engine.containers(all=True, filters={"name": f"{NETWORK}-{person}"}):
        assert time.monotonic() < deadline, "something stayed"
        time.sleep(0.5)
    assert stack.api("GET", f"/shixun/endings?session={session}").json() == {session: "crashed"}
    assert stack.start(person, plant=stack.plant())["ready"]
    stack.stop(person)


def test_labs_start_side_by_side(stack: Stack, engine: Any) -> None:
    people = [f"tparallel{n}0000000000" for n in range(4)]
    for person in people:
        stack.sign_in(person)
    results: dict[str, dict[str, Any]] = {}
    threads = [threading.Thread(target=lambda p=p: results.update({p: stack.start(p)})) for p in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(results[person].get("ready") for person in people), results
    for person in people:
        stack.stop(person)
    assert not engine.containers(all=True, filters={"name": f"{NETWORK}-tparallel"})


def test_labs_outlive_a_killed_hub(stack: Stack, lab: Any, engine: Any) -> None:
    person, browser = lab
    url = stack.lab(person)
    stack.kill_hub()
    assert browser.get(f"{url}/shixun/hmi/").status == 200  # the proxy keeps its routes, the lab its sign-in
    stack.start_hub()
    assert stack.api("GET", f"/users/{person}").json()["servers"][""]["ready"]
    assert browser.get(f"{url}/api/contents").status == 200
    stack.stop(person)
    assert not engine.containers(all=True, filters={"name": f"{NETWORK}-{person}"})
