"""The contest of the day: planned, opened, entered by a team of two, a flag and a notebook, standings, published."""

import re
import struct
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from shixun.commands.walk.bench import Bench, wait_graded
from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.day import Day, facts_of, link, until
from shixun.commands.walk.html import Element
from shixun.commands.walk.live import Live
from shixun.commands.walk.report import Step, Unexpected

PACK = "演示杯"
FLAG, NOTEBOOK = "frame", "point-map"
FLAG_POINTS, NOTEBOOK_POINTS = 100.0, 200.0
BEGINS_IN = 4  # seconds from planning: sign-up is open before the beginning, and during the contest


def plan(day: Day, step: Step) -> None:
    """The organizer plans it to begin now and to end soon, and opens the sign-up; the trainee signs a team up."""
    page = day.organizer.get(f"{day.center}/contests/new", typed=True)
    form = next(form for form in page.root.all("form") if form.first("select", name="pack"))
    pack = next((one for one in form.all("option") if PACK in one.text), None)
    if pack is None:
        raise Unexpected(f"no contest pack {PACK}: {page.said()}")
    zone = _zone(page)
    now = parsedate_to_datetime(page.headers["Date"]).astimezone(zone).replace(microsecond=0)
    starts = now + timedelta(seconds=BEGINS_IN)
    ends = starts + timedelta(seconds=day.contest_seconds)
    wrong = {"pack": pack.get("value"), "starts_at": _typed(ends), "ends_at": _typed(starts), "freeze_at": ""}
    day.organizer.submit(page, form, wrong, expect=422)
    made = day.organizer.submit(page, form, {**wrong, "starts_at": _typed(starts), "ends_at": _typed(ends)})
    day.contest, day.contest_ends = made.path, time.monotonic() + (ends - now).total_seconds()
    hidden = day.trainee.get(day.contest, None, typed=True).status
    step.check(hidden == 404, f"a trainee gets {hidden} for a contest that is not open yet")
    day.organizer.press(made, "/open")
    step.saw("contest", made.need("heading", "h1").text)
    step.saw("window", f"{day.contest_seconds} s from {starts:%H:%M:%S} {zone.key}")


def _zone(page: Page) -> ZoneInfo:
    found = re.search(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+\b|\bUTC\b", page.need("main", id="main").text)
    if found is None:
        raise Unexpected("the form does not say in which zone its times are")
    return ZoneInfo(found[0])


def _typed(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def teams(day: Day, step: Step) -> None:
    """A team by its captain, a second person by the invite code; one team per person, one code per team."""
    page = day.trainee.get(day.contest, typed=True)
    name = f"灌装队 {day.stamp}"
    own = day.trainee.submit(page, page.form("/entries"), {"name": name, "division": "open"})
    invite = next((text for text in facts_of(own).values() if re.fullmatch("[0-9a-f]{10}", text)), "")
    step.check(bool(invite), f"no invite code on the team's page: {facts_of(own)}")
    page = day.newcomer.get(day.contest, typed=True)
    refused = day.newcomer.submit(page, page.form("/join"), {"invite": "0" * 10}, expect=422)
    step.check(refused.root.first(css="field-error") is not None, "a made-up code gets no error at its field")
    joined = day.newcomer.submit(page, page.form("/join"), {"invite": invite})
    members = next((text for text in facts_of(joined).values() if "、" in text), "")
    step.saw("team", f"{name}: {members}")
    step.check(len(members.split("、")) == 2, f"the team has not two members: {members!r}")
    again = day.newcomer.fetch("POST", f"{day.contest}/entries", None, None)
    step.check(again.status in {400, 403}, f"a sign-up without a token was answered {again.status}")


def flag(day: Day, step: Step) -> None:
    """Read the frame as a person does, answer wrong, then right; the standings tell of it live."""
    until("the beginning of the contest", BEGINS_IN + 20, lambda: _running(day), 0.5)
    board = day.newcomer.get(f"{day.contest}/board", typed=True)
    stream = board.need("the standings' stream", "div", data_stream=True)
    address = f"{day.contest}/challenges/{FLAG}"
    with Live(day.newcomer, stream.get("data-stream")) as live:
        live.wait_for("hello", 10)
        page = day.trainee.get(address, typed=True)
        answer = decode(page.need("the frame", "pre").text)
        form = _answer_form(page)
        wrong = day.trainee.submit(page, form, {"answer": "flag{1.00-1}"})
        step.check(wrong.root.first(css="field-error") is not None, "a wrong flag gets no error")
        done = day.trainee.submit(wrong, _answer_form(wrong), {"answer": answer})
        step.check(done.path == day.contest, f"the right flag was not taken: {done.said()}")
        told = live.wait_for("board", 15)
    step.saw("flag", f"{answer}, read from the team's own frame; a wrong one refused")
    step.check(told is not None, "no live word of the new standings")
    step.equal("standings after the flag", _standing(day, day.newcomer), {"place": "1", "points": FLAG_POINTS})


def _running(day: Day) -> bool:
    return day.trainee.get(f"{day.contest}/challenges/{FLAG}", None, typed=True).status == 200


def _answer_form(page: Page) -> Element:
    return next(form for form in page.root.all("form") if form.first("input", name="answer"))


def decode(text: str) -> str:
    """The flag in a Modbus TCP reply: after the header a state, then a float and a counter, each with its low word first."""
    data = bytes.fromhex("".join(re.findall(r"\b[0-9A-Fa-f]{2}\b", text)))
    registers = struct.unpack(">5H", data[9:19])
    pressure = struct.unpack(">f", struct.pack(">HH", registers[2], registers[1]))[0]
    total = registers[4] << 16 | registers[3]
    return f"flag{{{pressure:.2f}-{total}}}"


def notebook(day: Day, step: Step) -> None:
    """The second member does the notebook challenge in a lab of the team's, and hands in from the lab's page."""
    bench = Bench(day.newcomer, f"{day.url}{day.contest}/labs/{NOTEBOOK}")
    bench.clear()
    bench.start(step)
    page = bench.enter(step)
    step.check(page.root.first(css="heartbeat") is None, "learning time of a course runs in a contest's lab")
    bench.work_through(step)
    bench.hand_in_from_page(step)
    left = day.contest_ends - time.monotonic()
    step.saw("handed in before the end by", f"{left:.0f} s")
    step.check(left > 0, f"the contest was over {-left:.0f} s before: give it more time with --contest-seconds")
    address = bench.new_submission()
    with Live(day.newcomer, page.need("stream", "div", hx_get=re.compile("/submissions$")).get("data-stream")) as live:
        if day.practice and not day.graded:
            step.saw("grade", "waits: this machine has no sandbox")
        else:
            verdict, how = wait_graded(day.newcomer, address, live)
            step.equal("score", (verdict.points, verdict.most), (90.0, 100.0))
            step.equal("practice label", verdict.practice, day.practice)
            step.saw("learned", how)
    expected = FLAG_POINTS if day.practice else FLAG_POINTS + NOTEBOOK_POINTS
    wanted = {"place": "1", "points": expected}
    found = until(
        "the standings with the notebook", 20, lambda: ((s := _standing(day, day.newcomer)) == wanted and s) or None
    )
    step.saw("standings", found)
    Bench(day.newcomer, day.lab()).clear()  # from the course's page: the contest's own is closed after its end


def _standing(day: Day, person: Person) -> dict[str, object]:
    """The team's line of the standings."""
    page = person.get(f"{day.contest}/board", typed=True)
    for row in page.root.all("tr"):
        if day.stamp in row.text:
            place, total = row.first(css="rank"), row.first(css="total")
            if place is not None and total is not None:
                return {"place": place.text, "points": float(total.text)}
    return {"place": "none", "points": 0.0}


def publish(day: Day, step: Step) -> None:
    """Not before the end; then the organizer publishes, and the standings are final."""
    page = day.organizer.get(day.contest, typed=True)
    if day.contest_ends - time.monotonic() > 2:
        early = day.organizer.send_part(page, f"{day.contest}/publish", {"csrf_token": page.csrf}, expect=None)
        step.equal("publishing before the end", early.status, 409)
        while (left := day.contest_ends - time.monotonic()) > 0:
            time.sleep(min(left + 0.5, 5))
    late = day.trainee.get(f"{day.contest}/challenges/{FLAG}", None, typed=True).status
    step.equal("a challenge after the end", late, 409)
    page = until(
        "the end of the contest",
        20,
        lambda: (p := day.organizer.get(day.contest, typed=True)).has_form("/publish") and p,
    )
    board = day.organizer.press(page, "/publish")
    step.check(board.path.endswith("/board"), f"publishing leads to {board.path}")
    final = _standing(day, day.trainee)
    step.saw("final standings", final)
    expected = FLAG_POINTS if day.practice else FLAG_POINTS + NOTEBOOK_POINTS
    step.check(final == {"place": "1", "points": expected}, f"the final standings are {final}")
    name = day.contest.rsplit("/", 1)[-1]

    def published() -> dict[str, object] | None:
        file = day.trainee.fetch("GET", f"/live/boards/{name}/public", None)
        rows = file.json().get("divisions", {}).get("open", []) if file.status == 200 else []
        return next(
            ({"version": file.headers["ETag"], "points": row["points"]} for row in rows if row["points"] == expected),
            None,
        )

    file = until("the published board file", 20, published)
    step.saw("board file", file)
    again = day.trainee.fetch("GET", f"/live/boards/{name}/public", None, **{"If-None-Match": str(file["version"])})
    step.check(again.status == 304, f"the same board file again was answered {again.status}")
    link(day.trainee.get(f"{day.center}/contests", typed=True), re.escape(day.contest), "the contest in the list")
