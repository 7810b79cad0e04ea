"""The lab of the course: opened, worked through beside the plant, handed in from JupyterLab, graded, finished by the instructor."""

import re

from shixun.commands import doctor
from shixun.commands.walk.bench import Bench, Verdict, read_result, says_practice, wait_graded
from shixun.commands.walk.day import Day, link
from shixun.commands.walk.learning import Reading
from shixun.commands.walk.live import Live
from shixun.commands.walk.report import Step, Unexpected

MANUAL = "report"
COMMENT = "判断字序的办法写得清楚。"
LONGEST = 600.0


def open_lab(day: Day, step: Step, expect: str | None) -> Bench:
    """The trainee starts the lab and sees JupyterLab and the plant."""
    bench = Bench(day.trainee, day.lab())
    bench.clear()
    bench.start(step)
    page = bench.enter(step)
    day.practice = says_practice(page.need("the lab's bar", css="workspace-bar"))
    found = "practice" if day.practice else "docker"
    step.saw("backend", found)
    step.check(expect in {None, found}, f"labs are {found} here, not {expect}")
    beats = page.root.first(css="heartbeat")
    if day.practice:
        step.check(beats is None, "learning time runs on a lab that does not count")
    elif step.check(beats is not None, "no learning time runs on the lab's page"):
        reading = Reading(day.trainee, page, LONGEST)
        reading.start()
        day.reading.append(reading)
    step.saw("notebook server", bench.inside().url.split("//")[1].split("/")[0].split(".", 1)[1])
    bench.see_plant(step, page)
    return bench


def work(day: Day, step: Step, bench: Bench) -> None:
    """The notebook in the real kernel, then nbgrader's own submit."""
    bench.work_through(step)
    bench.hand_in_from_lab(step)
    day.submission = bench.new_submission()


def grade(day: Day, step: Step, bench: Bench) -> None:
    """The grade arrives live; the parts, the feedback, and what the instructor still has to read."""
    page = bench.page()
    stream = page.need("the list of what was handed in", "div", data_stream=True, hx_get=re.compile("/submissions$"))
    with Live(day.trainee, stream.get("data-stream")) as live:
        if day.practice and not doctor.sandbox().ok:
            waiting = read_result(day.trainee, day.submission)
            step.check(waiting.practice, "the result does not say that it is practice")
            step.saw("grade", "waits: this machine has no sandbox, as `shixun doctor` says")
            return
        verdict, how = wait_graded(day.trainee, day.submission, live)
    day.graded = True
    step.saw("learned", how)
    step.saw("parts", {title: _shown(*part) for title, part in verdict.parts.items()})
    automatic = {title: part for title, part in verdict.parts.items() if part[1] > 0}
    short = [title for title, (points, most) in automatic.items() if points != most]
    step.check(not short, f"the reference solution lost points in {short}")
    step.equal("score", (verdict.points, verdict.most), (90.0, 100.0))
    step.equal("practice label", verdict.practice, day.practice)
    _feedback(day, step, verdict)


def _shown(points: float | None, most: float) -> str:
    return "waits for the instructor" if points is None else f"{points:g} / {most:g}"


def _feedback(day: Day, step: Step, verdict: Verdict) -> None:
    frame = verdict.page.need("feedback", "iframe", css="feedback-frame")
    step.check("sandbox" in frame.attributes, "the feedback's frame is not sandboxed")
    page = day.trainee.frame(frame.get("src"))
    policy = page.headers.get("Content-Security-Policy", "")
    step.check(policy.startswith("sandbox;"), f"the feedback's policy is {policy!r}")
    step.check("<script" not in page.text.lower(), "the feedback has scripts")
    step.check("POINTS" in page.text, "the feedback does not show the notebook")
    step.saw("feedback", f"the notebook as it ran, {len(page.body) // 1024} KB, sandboxed")


def by_hand(day: Day, step: Step) -> None:
    """The instructor finds the answer that waits, grades it, and sees the gradebook."""
    if not day.graded:
        step.saw("waiting", "nothing is graded on a machine without a sandbox")
        return
    run = f"{day.center}/runs/{day.run_id}"
    waiting = day.instructor.get(f"{run}/grading", typed=True)
    here = link(waiting, f"^{re.escape(day.submission)}$", "the submission among those that wait")
    page = day.instructor.get(here)
    form = page.form(f"/grades/{MANUAL}")
    day.instructor.submit(page, form, {"points": "11", "comment": ""})
    too_much = read_result(day.instructor, day.submission)
    step.check(too_much.points == 90.0, "more points than the part has were taken")
    page = day.instructor.get(here)
    day.instructor.submit(page, page.form(f"/grades/{MANUAL}"), {"points": "10", "comment": COMMENT})
    seen = read_result(day.trainee, day.submission)
    step.equal("score with the instructor's part", (seen.points, seen.most), (100.0, 100.0))
    step.check(COMMENT in seen.page.text, "the trainee does not see the comment")
    book = day.instructor.get(f"{run}/gradebook", typed=True)
    rows = [row for row in book.root.all("tr") if row.first("th", scope="row")]
    own = next((row.text for row in rows if "xueyuan" in row.text), "")
    step.saw("gradebook", own)
    step.check("100 / 100" in own, f"the gradebook does not have the score: {own!r}")
    csv_book = day.instructor.fetch("GET", f"{run}/gradebook.csv").body.decode("utf-8-sig")
    step.check("xueyuan" in csv_book, "the gradebook as CSV lacks the trainee")
    trainee = day.trainee.get(f"{run}/grading", None, typed=True).status
    if trainee != 403:
        raise Unexpected(f"a trainee gets {trainee} for what instructors grade")


def leave(day: Day, step: Step, bench: Bench) -> None:
    """Stop the lab: it ends, its work stays."""
    for reading in day.reading[2:]:
        reading.leave()
        step.saw("heartbeats in the lab", f"{reading.taken} taken over {reading.lasted:.0f} s")
    bench.clear()
    step.check(bench.page().has_form("/submit"), "the stopped lab has lost its saved work")
    step.saw("lab", "stopped; the saved work is kept")
