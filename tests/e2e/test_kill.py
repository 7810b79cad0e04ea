"""SIGKILL for one process of the platform after the other, under load. What was acknowledged is there, once; nothing else is."""

import itertools
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from shixun.commands import doctor
from shixun.commands.installation import PORTS
from shixun.commands.supervisor import answers
from shixun.commands.walk.bench import Bench, read_result
from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.day import LAB, LESSON, QUIZ, Day, facts_of, until
from shixun.commands.walk.figures import read_books
from shixun.commands.walk.learning import SINGLE, Reading
from shixun.commands.walk.live import Live
from shixun.commands.walk.people import name_of, newcomer

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]
PATIENCE = 60  # seconds in which a person asks again and again
KILLED = ["grader-1", "worker", "live", "valkey", "hub", "web", "grader", "exchange", "proxy"]
READY = {  # the path that answers once a process serves; "": it takes connections
    "live": "live/healthz",
    "web": "healthz",
    "valkey": "",
    "grader": "",
    "exchange": "",
    "proxy": "",
}


class Notes:
    """A step whose checks must hold."""

    def saw(self, _name: str, _value: object) -> None:
        pass

    def check(self, holds: bool, problem: str) -> bool:
        assert holds, problem
        return holds

    def equal(self, name: str, found: object, expected: object) -> bool:
        return self.check(found == expected, f"{name}: {found!r}, not {expected!r}")


def say(person: Person, page: Page, url: str, data: dict[str, object], headers: dict[str, str] | None = None) -> Page:
    """Send a form again until it is acknowledged; always the same form."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found = person.go("POST", url, page.url, None, data=data, headers=headers)
        except httpx.HTTPError:
            found = None
        if found is not None and found.status < 500:
            assert found.status in {200, 204}, (url, found.status, found.said())
            return found
        assert time.monotonic() < deadline, f"{url} is not acknowledged"
        time.sleep(0.3)


@dataclass
class Trainee:
    """Somebody who learns, answers and hands in while processes fall, and what they were told was taken."""

    person: Person
    name: str
    run: str
    reading: Reading
    sitting: Page
    answer: str = ""
    keys: list[str] = field(default_factory=list)
    checked_in: bool = False

    def save_an_answer(self) -> None:
        choice = str((int(self.answer or 0) + 1) % 3)
        headers = {"HX-Request": "true", "X-CSRFToken": self.sitting.csrf, "Sec-Fetch-Mode": "cors"}
        url = f"{self.sitting.url}/answers/{SINGLE[0]}"
        say(self.person, self.sitting, url, {f"q-{SINGLE[0]}": choice}, headers)
        self.answer = choice

    def hand_in(self, page: Page) -> None:
        key = uuid.uuid4().hex
        form = page.form("/submit").get("action")
        say(self.person, page, self.person.base_url + form, {"csrf_token": page.csrf, "key": key})
        self.keys.append(key)

    def check_in(self, instructor: Person, run: str, meeting: str) -> None:
        code = (
            instructor.get(f"{run}/meetings/{meeting}", typed=True)
            .need("code", css="page-title-code")
            .get("aria-label")
        )
        page = self.person.get(f"{self.run}/meetings/{meeting}", typed=True)
        say(self.person, page, page.url, {"csrf_token": page.csrf, "code": code})
        self.checked_in = True


@pytest.fixture
def trainees(stack: Any, person: Any) -> Iterator[list[Trainee]]:
    """Three newcomers in the demo run, each with the lesson open and a quiz begun."""
    made = []
    manager, trainee = person("zhuren"), person("xueyuan")
    for _one in range(3):
        day = Day(stack.url, uuid.uuid4().hex[:6], 60)
        day.manager, day.trainee = manager, trainee
        newcomer(day, Notes())  # type: ignore[arg-type]
        who = day.newcomer
        lesson = who.get(f"{day.run}/lessons/{LESSON}", typed=True)
        reading = Reading(who, lesson, 300, every=0.5)
        reading.start()
        sitting = who.press(who.get(f"{day.run}/quizzes/{QUIZ}", typed=True), "/begin")
        made.append(Trainee(who, name_of(day), day.run, reading, sitting))
    yield made
    for one in made:
        one.reading.leave()
        one.person.close()


def plan_meeting(instructor: Person, run: str) -> str:
    """A class meeting that begins soon; its id."""
    page = instructor.get(f"{run}/meetings/new", typed=True)
    form = next(form for form in page.root.all("form") if form.first("input", name="ends_at"))
    soon = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(minutes=2)
    times = {"starts_at": soon, "ends_at": soon + timedelta(hours=1)}
    filled = {name: at.strftime("%Y-%m-%dT%H:%M") for name, at in times.items()}
    title = f"课次 {uuid.uuid4().hex[:6]}"
    shown = instructor.submit(page, form, {"title": title, "place": "一号机房", **filled})
    link = next(a.get("href") for a in shown.root.all("a", href=re.compile("/meetings/")) if a.text == title)
    return str(link).rsplit("/", 1)[-1]


def wait_back(stack: Any, name: str, killed: int) -> None:
    """Wait until the supervisor has it running again, and it serves."""
    until(f"{name} is running again", 60, lambda: stack.pid(name) != killed, 0.1)
    if name in READY:
        where = stack.gateway if name == "exchange" and stack.backend == "docker" else "127.0.0.1"
        address = f"{where}:{stack.base + PORTS['public' if name == 'proxy' else name]}"
        path = READY[name]
        until(f"{name} serves", 60, lambda: answers(f"http://{address}/{path}" if path else f"tcp://{address}"), 0.1)


def test_what_was_acknowledged_is_there_once(stack: Any, person: Any, trainees: list[Trainee]) -> None:
    instructor, first, second = person("jiaoshi"), trainees[0], trainees[1]
    run_id = first.run.rsplit("/", 1)[-1]
    run = f"{stack.url}/c/demo/runs/{run_id}"
    meeting = plan_meeting(instructor, run)
    for one in (first, second)[: 2 if stack.backend == "docker" else 1]:
        bench = Bench(one.person, f"{one.run}/labs/{LAB}")
        bench.start(Notes())  # type: ignore[arg-type]
        bench.enter(Notes())  # type: ignore[arg-type]
        if one is first:
            bench.clear()  # what is saved can be handed in; the second one's lab goes on running
    page = first.person.get(f"{first.run}/labs/{LAB}", typed=True)
    stream = page.need("stream", "div", data_stream=True, hx_get=re.compile("/submissions$")).get("data-stream")
    with Live(first.person, stream) as live:
        for number, name in enumerate(KILLED):
            first.hand_in(page)
            killed = stack.kill(name)
            for one in trainees:
                one.save_an_answer()
            first.hand_in(page)
            arriving = trainees[number % 3]
            if not arriving.checked_in:
                arriving.check_in(instructor, run, meeting)
            wait_back(stack, name, killed)
        _labs_go_on(stack, second)
        _one_verdict_each(stack, first)
        _events_come_again(first, page, live)
    _answers_are_kept(trainees)
    _evidence_is_whole(stack, person("zhuren"), run_id, trainees)


def _labs_go_on(stack: Any, trainee: Trainee) -> None:
    """A lab that ran through it all is the same lab, and its door is open."""
    if stack.backend != "docker":
        return
    bench = Bench(trainee.person, f"{trainee.run}/labs/{LAB}")
    until("the lab's door", 60, lambda: trainee.person.frame(_address(bench), None).status == 200)
    bench.enter(Notes())  # type: ignore[arg-type]
    started = datetime.fromisoformat(bench.inside().ask("GET", "api/status")["started"])
    assert (datetime.now(started.tzinfo) - started).total_seconds() > 10
    bench.clear()


def _address(bench: Bench) -> str:
    frame = bench.page().need("notebook", id="stage-notebook").first("iframe")
    return str(frame.get("data-src")) if frame is not None else ""


def _one_verdict_each(stack: Any, trainee: Trainee) -> None:
    """As many submissions as were acknowledged; each with exactly one verdict."""
    part = trainee.person.fetch("GET", f"{trainee.run}/labs/{LAB}/submissions")
    addresses = [a.get("href") for a in part.root.all("a", href=re.compile("/submissions/"))]
    assert len(addresses) == len(set(addresses)) == len(trainee.keys) == 2 * len(KILLED)
    if not doctor.sandbox().ok:
        return

    def counted() -> list[str] | None:
        """What each result says of its verdicts: the one in force / how many there are."""
        facts = [facts_of(read_result(trainee.person, one).page).values() for one in addresses]
        found = [next((text for text in texts if re.fullmatch(r"\d+ / \d+", text)), "") for texts in facts]
        return found if all(found) else None

    verdicts = until("all verdicts", 150, counted, 3)
    assert Counter(verdicts) == {"1 / 1": len(addresses)}


def _events_come_again(trainee: Trainee, page: Page, live: Live) -> None:
    """The page's stream, lost and found several times, tells of the next grade."""
    if not doctor.sandbox().ok:
        return
    while live.next(1) is not None:
        pass
    trainee.hand_in(page)
    assert live.wait_for("graded", 60) is not None


def _answers_are_kept(trainees: list[Trainee]) -> None:
    for one in trainees:
        page = one.person.get(one.sitting.url, typed=True)
        box = page.root.first("input", name=f"q-{SINGLE[0]}", checked=True)
        assert box is not None
        assert box.get("value") == one.answer
        one.person.submit(page, page.need("sitting", id="quiz-form"), {"confirm": "1"})


def _evidence_is_whole(stack: Any, manager: Person, run_id: str, trainees: list[Trainee]) -> None:
    """Every beat, arrival and result that was acknowledged is in the ledger once, and the ledger holds."""
    for one in trainees:
        one.reading.leave()
    sealed = stack.shixun("ledger", "seal", "--json")
    assert sealed.returncode == 0, sealed.stderr
    day = SimpleNamespace(manager=manager, center=f"{stack.url}/c/demo", run_id=run_id)
    until("the figures", 60, lambda: {(run_id, one.name) for one in trainees} <= read_books(day).lines.keys(), 2)  # type: ignore[arg-type]
    subjects = _subjects(manager, stack.url, {one.name for one in trainees})
    lines = manager.fetch("GET", f"{stack.url}/c/demo/ledger/export.jsonl").text.splitlines()
    items = [item for item in map(json.loads, lines) if item["type"] == "record"]
    records = [json.loads(item["record"]) for item in items]
    assert len({record["id"] for record in records}) == len(records)
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    for one in trainees:
        own = [record for record in records if record["subject"] == subjects[one.name]]
        kinds = Counter(record["kind"] for record in own)
        assert kinds["run.enrolled"] == kinds["meeting.checkin"] == kinds["quiz.finished"] == 1, (one.name, kinds)
        lessons = [r["data"] for r in own if r["kind"] == "time.interval" and r["data"]["source"] == "lesson"]
        assert sum(data["proofs"] for data in lessons) == one.reading.taken
        times = sorted((data["start"], data["end"]) for data in lessons)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(times))
    ours = {subjects[one.name] for one in trainees}  # others' work may have been graded by hand, too
    graded = Counter(r["data"]["submission_id"] for r in records if r["kind"] == "lab.graded" and r["subject"] in ours)
    assert set(graded.values()) <= {1}
    verified = stack.shixun("ledger", "verify", "--json")
    assert json.loads(verified.stdout)["ok"], verified.stdout


def _subjects(manager: Person, url: str, names: set[str]) -> dict[str, str]:
    """The ledger's random ids of people, from the figures with names."""
    page = manager.get(f"{url}/c/demo/figures/{datetime.now(ZoneInfo('Asia/Shanghai')).year}/names", typed=True)
    form = next(form for form in page.root.all("form") if form.first("input", name="purpose"))
    rows = manager.submit(page, form, {"purpose": "核对中断测试的记录"}).body.decode("utf-8-sig").splitlines()
    found = {row.split(",")[1]: row.split(",")[0] for row in rows[1:]}
    return {name: found[name] for name in names}
