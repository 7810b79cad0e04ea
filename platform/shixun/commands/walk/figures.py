"""The center's books as its manager and its reviewer read them: figures, thresholds, records, the statement and its verifier."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shixun.commands.walk.browser import Page
from shixun.commands.walk.day import CREDIT_AT, PLANNED_MINUTES, Day, facts_of, link, until
from shixun.commands.walk.people import name_of
from shixun.commands.walk.report import Step, Unexpected

THRESHOLDS = {"person_times": (10_000, 20_000), "teams": (1_000, 2_000), "places": (50, 100)}
PLACES = 60
COUNT_SECONDS = 120.0  # sealing and counting are ticks of the worker
CREDIT_HOURS = 0.06  # class hours of a run of three minutes: 3 / 45, cut after two digits
PURPOSE = "演示走查：核对当天的记录"
_YEAR = re.compile(r"/figures\?year=\d{4}$")


@dataclass(frozen=True)
class Line:
    """A trainee in the demo run: minutes measured, class hours, person-times."""

    minutes: int
    hours: float
    person_times: int


@dataclass(frozen=True)
class Books:
    """The figures of a year, the lines of people in runs, the kinds of ledger entries; `kinds` counts `time.interval` by source."""

    year: int
    figures: dict[str, Any]
    lines: dict[tuple[str, str], Line]  # by run and name
    kinds: Counter[str]
    length: int


def read_books(day: Day) -> Books:
    """All of it, through the manager's browser."""
    page = day.manager.get(f"{day.center}/figures", typed=True)
    year = int(page.need("the year", "a", aria_current="page", href=_YEAR).text)
    statement = day.manager.fetch("GET", f"{day.center}/figures/{year}/statement.json", None)
    figures = (
        {name: one["value"] for name, one in statement.json()["figures"].items()} if statement.status == 200 else {}
    )
    kinds: Counter[str] = Counter()
    records = 0
    for line in day.manager.fetch("GET", f"{day.center}/ledger/export.jsonl").text.splitlines():
        item = json.loads(line)
        if item["type"] == "record":
            records += 1
            record = json.loads(item["record"])
            source = f".{record['data']['source']}" if record["kind"] == "time.interval" else ""
            kinds[record["kind"] + source] += 1
    return Books(year, figures, _lines(day, year), kinds, records)


def _lines(day: Day, year: int) -> dict[tuple[str, str], Line]:
    """The lines with names, from the export that asks for its purpose."""
    page = day.manager.get(f"{day.center}/figures/{year}/names", typed=True)
    form = next(form for form in page.root.all("form") if form.first("input", name="purpose"))
    file = day.manager.submit(page, form, {"purpose": PURPOSE}).body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file)))
    return {(row[2], row[1]): Line(int(row[6]), float(row[7]), int(row[8])) for row in rows[1:]}


def before(day: Day, step: Step) -> None:
    """The books before the day, to compare with those after it: once they hold everything that happened until now."""
    until("figures of all that happened before", COUNT_SECONDS, lambda: not _behind(day), 2)
    day.before = read_books(day)
    step.saw("figures", day.before.figures or "none yet")
    step.saw("ledger entries", day.before.length)


def _behind(day: Day) -> bool:
    """Whether the figures page says that newer entries are not counted yet."""
    main = day.manager.get(f"{day.center}/figures", typed=True).need("the page", "main")
    return main.first(css="alert-info") is not None


def declare(day: Day, step: Step) -> None:
    """The manager declares the places for practice."""
    page = day.manager.get(f"{day.center}/figures/places", typed=True)
    form = next(form for form in page.root.all("form") if form.first("input", name="places"))
    refused = day.manager.submit(page, form, {"places": "-1", "basis": "机房"}, expect=422)
    step.check(
        len(refused.root.all(css="field-error")) == 2, "bad places and a bad basis get no errors at their fields"
    )
    good: dict[str, object] = {"places": PLACES, "basis": "一号机房 60 台，与远程机位合用"}
    if day.practice:
        day.manager.submit(page, form, good, expect=409)
        step.saw("declared", "refused: nothing counts in practice mode")
        return
    done = day.manager.submit(page, form, good)
    step.check(done.path.endswith("/figures"), f"the declaration was not taken: {done.said()}")
    step.saw("declared", f"{PLACES} places")


def after(day: Day, step: Step) -> None:
    """The time of both trainees is over; the figures follow the evidence."""
    for reading in day.reading[:2]:
        reading.leave(now=False)
        step.saw(f"{reading.person.name}'s lesson", f"{reading.taken} heartbeats over {reading.lasted:.0f} s")
    if day.practice:
        _nothing_counted(day, step)
        return
    old = day.before
    waited = time.monotonic()
    expected = {name: _number(old.figures, name) + more for name, more in _growth(day).items()} | {"places": PLACES}

    def counted() -> Books | None:
        books = read_books(day)
        return books if all(books.figures.get(name) == value for name, value in expected.items()) else None

    try:
        books = until("the figures", COUNT_SECONDS, counted, 4)
    except Unexpected:
        books = read_books(day)
        differ = {n: f"{books.figures.get(n)} instead of {v}" for n, v in expected.items() if books.figures.get(n) != v}
        raise Unexpected(
            f"the figures did not come to what the day adds up to within {COUNT_SECONDS:g} s: {differ}"
        ) from None
    step.saw("counted after", f"{time.monotonic() - waited:.0f} s")
    for name in ("person_times", "class_hours", "measured_minutes", "contests", "teams", "places"):
        step.saw(name, f"{_shown(old.figures.get(name))} → {_shown(books.figures[name])}")
    _people(day, step, books)
    _kinds(day, step, books.kinds - old.kinds)


def _nothing_counted(day: Day, step: Step) -> None:
    """Practice leaves nothing in the ledger, and the page says so."""
    books = read_books(day)
    step.equal("ledger entries", books.length, 0)
    step.equal("figures that are not zero", {name: value for name, value in books.figures.items() if value}, {})
    notice = day.manager.get(f"{day.center}/figures", typed=True).root.first(css="site-notice")
    step.check(notice is not None, "the figures page does not say that nothing counts")


def _number(figures: dict[str, Any], name: str) -> Any:
    return figures.get(name) or 0


def _growth(day: Day) -> dict[str, float]:
    """What the day adds: a credit for everybody who had none in this run, one contest with one team."""
    new = 1 + (day.before.lines.get((day.run_id, "林晓"), Line(0, 0.0, 0)).person_times == 0)
    return {"person_times": new, "contests": 1, "teams": 1}


def _people(day: Day, step: Step, books: Books) -> None:
    """Both are credited once, by measured time of at least what the rule asks for."""
    least = int(CREDIT_AT * PLANNED_MINUTES)
    for name in ("林晓", name_of(day)):
        line = books.lines.get((day.run_id, name), Line(0, 0.0, 0))
        step.saw(name, f"{line.minutes} min measured, {line.hours:g} class hours, {line.person_times} person-time")
        good = line.minutes >= least and (line.hours, line.person_times) == (CREDIT_HOURS, 1)
        step.check(good, f"{name} is not credited once with {CREDIT_HOURS} class hours: {line}")
    old = day.before.figures
    hours = round(books.figures["class_hours"] - (old.get("class_hours") or 0), 2)
    new = books.figures["person_times"] - (old.get("person_times") or 0)
    step.check(hours == round(CREDIT_HOURS * new, 2), f"class hours grew by {hours} for {new} credits")


def _kinds(day: Day, step: Step, new: "Counter[str]") -> None:
    """What came into the ledger."""
    step.saw("new ledger entries", dict(sorted(new.items())))
    labs = {kind: count for kind, count in new.items() if kind in {"lab.graded", "time.interval.lab"}}
    step.check(
        labs.get("lab.graded", 0) == 2, f"the lab's verdict and the instructor's part are not two entries: {labs}"
    )
    step.check(labs.get("time.interval.lab", 0) >= 1, "no learning time of the lab")
    wanted = {"contest.held": 1, "contest.team": 1, "run.enrolled": 1, "quiz.finished": 2, "capacity.places": 1}
    found = {kind: new.get(kind, 0) for kind in wanted}
    step.check(found == wanted, f"ledger entries {found} instead of {wanted}")
    step.check(new.get("time.interval.lesson", 0) >= 2, "no learning time of the lessons")


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:,}"


def page(day: Day, step: Step) -> None:
    """The figures page as a reviewer reads it: values beside thresholds, each opening to its records and their entries."""
    front = day.manager.get(f"{day.center}/figures", typed=True)
    year = int(front.need("the year", "a", aria_current="page", href=_YEAR).text)
    if day.practice:
        _criteria_alone(front, year, step)
        return
    books = {name: value for name, value in read_books(day).figures.items() if name in THRESHOLDS}
    for figure, (provincial, national) in THRESHOLDS.items():
        part = next(
            (s for s in front.root.all("section", css="stat") if s.first("a", href=re.compile(f"/{year}/{figure}$"))),
            None,
        )
        if part is None:
            raise Unexpected(f"no {figure} on the figures page: {front.said()}")
        lines = [one.text for one in part.all(css="threshold-key")]
        shown = part.first(css="stat-value")
        step.saw(figure, f"{shown.text if shown else '?'} beside {', '.join(lines)}")
        asked = [f"{provincial:,}", f"{national:,}"]
        step.check(all(any(n in line for line in lines) for n in asked), f"{figure}: thresholds {lines}, not {asked}")
        step.check(
            shown is not None and shown.text.startswith(f"{books[figure]:,}"), f"{figure}: the page shows another value"
        )
    for figure in ("class_hours", "measured_minutes"):
        part = next(
            s for s in front.root.all("section", css="stat") if s.first("a", href=re.compile(f"/{year}/{figure}$"))
        )
        step.check(part.first(css="threshold") is None, f"{figure} stands beside a threshold")
    _records(day, step, year)


def _criteria_alone(front: Page, year: int, step: Step) -> None:
    """Where nothing counted, the page shows no figures, but the criteria with their thresholds."""
    step.check(front.root.first(css="empty") is not None, "the figures page does not say that there are no records")
    for figure in THRESHOLDS:
        links = re.compile(f"/{year}/{figure}$")
        row = next((row for row in front.root.all("tr") if row.first("a", href=links)), None)
        if step.check(row is not None, f"no criterion measures {figure}") and row is not None:
            step.saw(figure, " | ".join(cell.text for cell in [*row.all("th"), *row.all("td")]))


def _records(day: Day, step: Step, year: int) -> None:
    """From a figure to the newcomer's line, to the ledger entries that it rests on."""
    manager, found = day.manager, None
    for number in range(1, 40):
        listed = manager.get(f"{day.center}/figures/{year}/person_times?page={number}", typed=True)
        rows = [row for row in listed.root.all("tr") if name_of(day) in row.text]
        if rows:
            found = rows[0].first("a", href=re.compile(f"/runs/{day.run_id}/"))
            break
        if not listed.root.all("tr"):
            break
    if found is None:
        raise Unexpected("the newcomer is not among the records of the person-times")
    record = manager.get(found.get("href"))
    entries = [row for row in record.root.all("tr") if row.first("code")]
    step.saw("one person-time opens to", f"{len(entries)} ledger entries")
    step.check(len(entries) >= 3, "the record does not list its entries: an opening, an enrolment, learning time")
    entry = manager.get(link(record, "/ledger/entries/", "a ledger entry"))
    step.saw("the first of them", entry.need("heading", "h1").text)
    step.check(bool(facts_of(entry)), "the ledger entry shows no facts")
    teams = manager.get(f"{day.center}/figures/{year}/teams", typed=True)
    step.check(bool(teams.root.all("tr")), "the teams do not open to records")


def verified(day: Day, step: Step) -> None:
    """What was downloaded, counted again by the offline verifier; a statement that was changed is found out."""
    if day.practice:
        step.saw("verified", "nothing: practice leaves no evidence")
        return
    year = read_books(day).year
    with tempfile.TemporaryDirectory(prefix="shixun-walkthrough-") as name:
        folder = Path(name)

        def download() -> Page | None:
            statement = day.manager.fetch("GET", f"{day.center}/figures/{year}/statement.json")
            export = day.manager.fetch("GET", f"{day.center}/ledger/export.jsonl")
            heads = day.manager.fetch("GET", f"{day.center}/ledger/heads.json", None)
            (folder / "statement.json").write_bytes(statement.body)
            (folder / "ledger.jsonl").write_bytes(export.body)
            (folder / "heads.json").write_bytes(heads.body)
            return heads if heads.status == 200 else None

        until("a signed head list", COUNT_SECONDS, download, 4)
        (folder / "key.pem").write_text(json.loads((folder / "heads.json").read_text())["public_key"])
        status, report = _verify(folder, "statement.json")
        if not step.check(status == 0, f"the verifier found faults: {report.get('findings')}"):
            return
        step.saw(
            "verified",
            f"{report['length']} entries, signed up to {report['signed_length']}, figures of {year} counted again",
        )
        claim = json.loads((folder / "statement.json").read_text())
        claim["figures"]["person_times"]["value"] += 1
        (folder / "forged.json").write_text(json.dumps(claim))
        step.equal("a statement with one person-time more", _verify(folder, "forged.json")[0], 1)
        lines = (folder / "ledger.jsonl").read_text().splitlines(keepends=True)
        forged = [
            line.replace("lesson", "lessen", 1) if '"type":"record"' in line.replace(" ", "") else line
            for line in lines
        ]
        (folder / "ledger.jsonl").write_text("".join(forged))
        step.equal("a ledger with a changed entry", _verify(folder, "statement.json")[0], 1)


def _verify(folder: Path, statement: str) -> tuple[int, dict[str, Any]]:
    """The verifier in a process of its own that knows nothing of this installation."""
    command = [sys.executable, "-m", "shixun.ledger.verifier", str(folder / "ledger.jsonl"), "--json"]
    command += [
        "--statement",
        str(folder / statement),
        "--heads",
        str(folder / "heads.json"),
        "--key",
        str(folder / "key.pem"),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHIXUN_")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode not in {0, 1}:
        raise Unexpected(f"the verifier could not read what was downloaded: {done.stderr.strip()[-300:]}")
    return done.returncode, json.loads(done.stdout)
