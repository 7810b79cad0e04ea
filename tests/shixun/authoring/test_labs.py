"""Labs in the browser: begun from the template, tried in the real graders, counted nowhere."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from shixun.assessment import grading
from shixun.assessment import queries as assessment
from shixun.assessment.models import Submission
from shixun.authoring import lab_text, labs, operations, publishing, queries, toml_text, trials
from shixun.authoring.models import Draft
from shixun.core import blobs
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound
from shixun.curriculum import queries as curriculum
from shixun.ledger.models import LedgerEntry
from shixun.testing.authoring import author
from shixun.workbench.seats import lab_version
from shixun_graders.grade import Packs, grade
from shixun_graders.protocol import CellGrade, GradingJob, GradingResult, Reason
from shixun_graders.sandbox.base import Driver
from shixun_graders.sandbox.registry import NoSandboxError, choose
from shixun_packs.problems import PackError

SECRET = "s" * 40


@pytest.fixture
def lab(school: Any) -> Draft:
    made = labs.create(author(school.lin, school.center), school.center.id, "shift-oee", {"zh": "班次OEE", "en": "OEE"})
    db.session.commit()
    return made


def answer(job: GradingJob, points: Callable[[str], float], hint: str | None = None) -> None:
    """What a grader says of a job: points by grade id."""
    submission = db.session.get_one(Submission, job.submission_id)
    trial = db.session.get_one(trials.Trial, submission.context_id)
    cells = [
        CellGrade(grade_id=name, points=points(name), max_points=most, hint=hint)
        for name, most in trial.solutions[0]["expected"].items()
    ]
    grading.finish(GradingResult(job_id=job.job_id, lease_id=job.lease_id, outcome="graded", cells=cells))


def leased() -> list[GradingJob]:
    """Everything that waits, leased."""
    found = []
    while (job := grading.lease("test", SECRET)) is not None:
        found.append(job)
    return found


def based(person: Any, address: str, fields: dict[str, str]) -> dict[str, str]:
    """The fields with the state that the form at an address was filled from."""
    page = person.get(address).get_data(as_text=True)
    return {**fields, "base": page.split('name="base" value="')[1].split('"')[0]}


def test_the_template_is_right_and_a_wrong_solution_begins_from_it(school: Any, lab: Draft, browser: Any) -> None:
    person = browser().sign_in("lin")
    home = f"/c/longyan/authoring/{lab.id}/lab"
    db.session.rollback()
    assert person.get(home).status_code == 200
    fields = {
        "mistake_zh": "单位错",
        "mistake_en": "Wrong unit",
        "hint": "",
        "score-availability": "20",
        "score-oee": "81",
    }
    assert "0 到" in person.post(f"{home}/wrong", fields).get_data(as_text=True), "more than the grade has"
    made = person.post(f"{home}/wrong", {**fields, "score-oee": "0"})
    assert made.location.endswith("/files/wrong/wrong_unit.py")
    said = person.get(home).get_data(as_text=True)
    assert "与参考答案相同" in said, "until its author spoils it"
    text = queries.text(lab, "wrong/wrong_unit.py") or ""
    assert text.startswith("# 单位错\n\n# %% [")
    assert labs.read(lab).wrong[-1].scores == {"availability": 20, "oee": 0}
    db.session.rollback()
    fields = based(
        person, f"{home}/wrong/4", {**fields, "hint": "percent", "score-availability": "0", "score-oee": "12.5"}
    )
    assert person.post(f"{home}/wrong/4", fields).status_code == 302
    assert person.post(f"{home}/wrong/4", {**fields, "hint": "value"}).status_code == 409
    wrong = labs.read(lab).wrong[-1]
    assert (wrong.hint, wrong.scores) == ("percent", {"availability": 0, "oee": 12.5})
    db.session.rollback()
    assert person.post(f"{home}/wrong/wrong/wrong_unit.py/remove").status_code == 302
    assert publishing.problems(lab, queries.files(lab)) == []
    db.session.rollback()
    assert person.post(f"{home}/wrong/checks.py/remove").status_code == 404
    fields = {
        "title_zh": "班次",
        "title_en": "Shift",
        "summary_zh": "一",
        "summary_en": "One",
        "minutes": "30",
        "field": "data",
    }
    fields = based(person, f"{home}/settings", fields)
    assert person.post(f"{home}/settings", fields).status_code == 302
    assert person.post(f"{home}/settings", {**fields, "minutes": "31"}).status_code == 409
    assert "# 与文件夹同名" in (queries.text(lab, "lab.toml") or ""), "comments stay"


def test_grades_hints_and_steps_change_by_form(school: Any, lab: Draft, browser: Any) -> None:
    person = browser().sign_in("lin")
    home = f"/c/longyan/authoring/{lab.id}/lab"
    title = {"title_zh": "题", "title_en": "Title"}
    before = queries.text(lab, "lab.toml") or ""
    db.session.rollback()
    assert person.post(f"{home}/hint/new", {"key": "Nicht So", "text_zh": "一", "text_en": "One"}).status_code == 422
    assert person.post(f"{home}/hint/new", {"key": "half", "text_zh": "一\r\n二", "text_en": "One"}).status_code == 302
    assert person.post(f"{home}/step/new", {**title, "text_zh": "做", "text_en": "Do"}).status_code == 302
    grade = {**title, "id": "report", "points": "1.5", "manual": "y"}
    assert person.post(f"{home}/grade/new", {**grade, "points": "nan"}).status_code == 422
    assert person.post(f"{home}/grade/new", grade).status_code == 302
    read = labs.read(lab)
    assert (read.hint[-1].key, read.hint[-1].text.zh, read.step[-1].title.zh) == ("half", "一\n二", "题")
    assert (read.grade[-1].points, read.grade[-1].manual) == (1.5, True)
    after = queries.text(lab, "lab.toml") or ""
    assert [line for line in before.splitlines() if line not in after.splitlines()] == [], (
        "what was there keeps its text"
    )
    db.session.rollback()
    fields = based(person, f"{home}/hint/0", {"key": "not-run", "text_zh": "新", "text_en": "New"})
    assert person.post(f"{home}/hint/0", fields).status_code == 302
    late = person.post(f"{home}/hint/0", {**fields, "text_zh": "迟"})
    assert late.status_code == 409
    assert "新" in late.get_data(as_text=True), "what somebody else saved is shown"
    assert "迟" in late.get_data(as_text=True), "and what was typed, too"
    base = queries.file_digests(lab)["lab.toml"]
    db.session.rollback()
    assert person.post(f"{home}/step/3/move/up", {"base": base}).status_code == 302
    assert person.post(f"{home}/step/3/move/up", {"base": base}).status_code == 409, "the list is another by now"
    assert [step.title.zh for step in labs.read(lab).step][2:] == ["题", "提交"]
    base = queries.file_digests(lab)["lab.toml"]
    db.session.rollback()
    assert "half" in person.get(f"{home}/hint/7/remove").get_data(as_text=True)
    assert person.post(f"{home}/hint/7/remove", {"base": base}).status_code == 302
    for path in ("hint/99", "hint/99/remove", "limits/0", "step/new/x"):
        assert person.get(f"{home}/{path}").status_code == 404
    stranger = browser().sign_in("out")
    for path in ("hint/new", "hint/0", "wrong/0", "grade/0/remove"):
        assert stranger.get(f"/c/xiamen/authoring/{lab.id}/lab/{path}").status_code == 404


def test_a_lab_written_in_lists_becomes_blocks_with_the_same_content(school: Any, lab: Draft) -> None:
    before = labs.read(lab)
    hints = ", ".join(
        f'{{key = "{hint.key}", text = {toml_text.rendered(hint.text.model_dump())}}}' for hint in before.hint
    )
    text = queries.text(lab, "lab.toml") or ""
    head, _, rest = text.partition("[[hint]]")
    listed = f"hint = [{hints}]\n{head}[[wrong]]{rest.partition('[[wrong]]')[2]}"
    assert lab_text.read(listed) == before
    moved = lab_text.read(lab_text.move_part(listed, "hint", 0, 1))
    assert [hint.key for hint in moved.hint][:2] == [hint.key for hint in before.hint][1::-1]
    assert moved.model_copy(update={"hint": before.hint}) == before
    for part in ("grade", "hint", "step", "wrong"):
        assert lab_text.read(lab_text.move_part(listed, part, 0, -1)) == before


def test_a_trial_shows_what_differs_and_counts_nowhere(school: Any, lab: Draft, browser: Any) -> None:
    lin = author(school.lin, school.center)
    ledger = db.session.query(LedgerEntry).count()
    trial = trials.start(lin, lab)
    with pytest.raises(Conflict):
        trials.start(lin, lab)
    jobs = leased()
    assert len(jobs) == len(trial.solutions) == 5
    assert [job.solution for job in sorted(jobs, key=lambda job: job.solution or 0)] == [0, 1, 2, 3, 4]
    assert {(job.kind, job.seed, job.map_seed) for job in jobs} == {
        ("lab", bytes(range(32)).hex(), bytes(range(32, 64)).hex())
    }, "the seeds of `shixun pack check`: the same table"
    full = trial.solutions[0]["expected"]
    for job in jobs:
        answer(job, full.__getitem__)
    rows = trials.rows(trial)
    assert [row.ok for row in rows] == [True, False, False, False, False], "wrong solutions with full marks are named"
    assert all(row.problems for row in rows[1:])
    again = trials.start(lin, lab)
    for job, solution in zip(leased(), again.solutions, strict=True):
        answer(job, solution["expected"].__getitem__, solution["hint"])
    assert all(row.ok for row in trials.rows(again))
    assert trials.is_of_present(lab, again)
    operations.write(lin, lab, "assets/data.csv", b"1\n")
    assert not trials.is_of_present(lab, again)
    assert db.session.query(LedgerEntry).count() == ledger
    for submission in db.session.query(Submission):
        assert not submission.counts
        with pytest.raises(NotFound):
            assessment.visible_submission(lin, submission.id)
    db.session.commit()
    page = browser().sign_in("wang").get(f"/c/longyan/authoring/{lab.id}/lab")
    assert page.get_data(as_text=True).count("与声明一致") == 5
    stranger = browser().sign_in("out")
    for method, path in (("get", "lab"), ("get", "lab/trial"), ("post", "lab/try")):
        assert getattr(stranger, method)(f"/c/xiamen/authoring/{lab.id}/{path}").status_code == 404


def test_checks_that_fail_say_why_at_once(school: Any, lab: Draft) -> None:
    trial = trials.start(author(school.lin, school.center), lab)
    for job in leased():
        grading.finish(
            GradingResult(
                job_id=job.job_id,
                lease_id=job.lease_id,
                outcome="failed",
                reason=Reason.CHECKS_FAILED,
                detail="NameError: name 'ture' is not defined",
            )
        )
    assert leased() == [], "the same again would fail the same way"
    rows = trials.rows(trial)
    assert {row.state for row in rows} == {"failed"}
    assert all("ture" in row.problems[0] for row in rows)


def test_what_cant_be_tried_says_so(school: Any, lab: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    lin = author(school.lin, school.center)
    good = queries.text(lab, "checks.py") or ""
    operations.write(lin, lab, "checks.py", b"def calls(:\n")
    with pytest.raises(PackError):
        trials.start(lin, lab)
    operations.write(lin, lab, "checks.py", good.encode())
    monkeypatch.setattr(trials, "MOST_SOLUTIONS", 2)
    with pytest.raises(Conflict):
        trials.start(lin, lab)
    monkeypatch.setattr(trials, "MOST_SOLUTIONS", 16)
    monkeypatch.setattr(trials, "PER_HOUR", 0)
    with pytest.raises(Conflict):
        trials.start(lin, lab)


def test_a_published_lab_is_the_centers_own(school: Any, lab: Draft) -> None:
    version = publishing.publish(author(school.lin, school.center), lab, "1.0.0")
    assert curriculum.current_lab("shift-oee", school.center.id).id == version.id
    assert lab_version("shift-oee", school.center.id).id == version.id
    for center_id in (school.elsewhere.id, None):
        with pytest.raises(NotFound):
            curriculum.current_lab("shift-oee", center_id)
    assert [one.lab.slug for one in queries.labs_seen(school.center.id)] == ["shift-oee"]
    assert queries.labs_seen(school.elsewhere.id) == []


def quick_driver() -> Driver:
    """The sandbox that starts fastest here."""
    for name in ("bubblewrap", "docker"):
        with suppress(NoSandboxError):
            return choose({"SHIXUN_SANDBOX": name})
    return pytest.skip("no sandbox can be made here")


def graded(trial: trials.Trial, wanted: set[str]) -> dict[str, trials.Row]:
    """The rows of some of a trial's solutions, graded in the real sandbox; the others wait."""
    packs, driver = Packs(), quick_driver()
    files = {solution["submission"]: solution["file"] for solution in trial.solutions}
    for job in leased():
        if files[job.submission_id] in wanted:
            grading.finish(grade(job, blobs.get, driver, packs))
    return {row.file: row for row in trials.rows(trial) if row.file in wanted}


def test_the_real_sandbox_gives_solutions_what_they_declare(school: Any, lab: Draft) -> None:
    trial = trials.start(author(school.lin, school.center), lab)
    rows = graded(trial, {"notebook.py", "wrong/percent.py"})  # pack check tries the others: test_authoring_guide.py
    assert {file: row.problems for file, row in rows.items()} == {"notebook.py": [], "wrong/percent.py": []}


def test_a_lab_without_code_is_begun_changed_and_tried(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    fields = {"title_zh": "看班次", "title_en": "Read a shift", "template": "form-lab", "slug": ""}
    home = person.post("/c/longyan/authoring/new-lab", fields).location
    mistake = {"mistake_zh": "没答", "mistake_en": "No answer", "hint": "unanswered"}
    scores = {"score-planned": "20", "score-quality": "0", "score-bottleneck": "30"}
    added = person.post(f"{home}/wrong", mistake | scores).location
    page = person.get(added).get_data(as_text=True)
    assert "def answers(right, plant_log):" in page
    draft = queries.draft(school.center.id, home.split("/")[-2])
    base = queries.file_digests(draft)["wrong/no_answer.py"]
    code = 'def answers(right, plant_log):\n    return {"quality": None}\n'
    db.session.rollback()
    assert person.post(added, {"text": code, "base": base}).status_code == 302
    base = queries.file_digests(draft)["wrong/share.py"]
    db.session.rollback()
    broken = {"text": "def answers(right, plant_log):\n    return ture\n", "base": base}
    assert person.post(f"{home.removesuffix('/lab')}/files/wrong/share.py", broken).status_code == 302
    assert person.post(f"{home}/try").status_code == 302
    trial = trials.latest(draft)
    assert trial is not None
    rows = graded(trial, {"wrong/share.py", "wrong/no_answer.py"})
    assert (rows["wrong/no_answer.py"].ok, rows["wrong/no_answer.py"].hints) == (True, {"quality": "unanswered"})
    assert "wrong/share.py: NameError: name 'ture' is not defined" in rows["wrong/share.py"].problems[0]
    db.session.commit()
    said = person.get(f"{home}/trial").get_data(as_text=True)
    assert "checks.py" in said
    assert "ture" in said


def test_a_trainees_job_never_asks_for_the_packs_own_answers(school: Any, lab: Draft) -> None:
    trials.start(author(school.lin, school.center), lab)
    for submission in db.session.query(Submission):
        submission.context = "run"
    assert {job.solution for job in leased()} == {None}
