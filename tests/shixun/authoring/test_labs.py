"""Labs in the browser: begun from the template, tried in the real graders, counted nowhere."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from shixun.assessment import grading
from shixun.assessment import queries as assessment
from shixun.assessment.models import Submission
from shixun.authoring import labs, operations, publishing, queries, trials
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


def test_the_template_is_right_and_a_wrong_solution_begins_from_it(school: Any, lab: Draft, browser: Any) -> None:
    person = browser().sign_in("lin")
    home = f"/c/longyan/authoring/{lab.id}/lab"
    db.session.rollback()
    assert person.get(home).status_code == 200
    fields = {"mistake_zh": "单位错", "mistake_en": "Wrong unit", "hint": ""}
    made = person.post(f"{home}/wrong", fields)
    assert made.location.endswith("/files/wrong/wrong_unit.py")
    said = person.get(home).get_data(as_text=True)
    assert "与参考答案相同" in said, "until its author spoils it"
    text = queries.text(lab, "wrong/wrong_unit.py") or ""
    assert text.startswith("# 单位错\n\n# %% [")
    db.session.rollback()
    assert person.post(f"{home}/wrong/wrong/wrong_unit.py/remove").status_code == 302
    assert publishing.problems(lab, queries.files(lab)) == []
    db.session.rollback()
    assert person.post(f"{home}/wrong/checks.py/remove").status_code == 404
    base = person.get(f"{home}/settings").get_data(as_text=True).split('name="base" value="')[1].split('"')[0]
    fields = {
        "title_zh": "班次",
        "title_en": "Shift",
        "summary_zh": "一",
        "summary_en": "One",
        "minutes": "30",
        "field": "data",
    }
    assert person.post(f"{home}/settings", {**fields, "base": base}).status_code == 302
    assert person.post(f"{home}/settings", {**fields, "minutes": "31", "base": base}).status_code == 409
    assert "# 与文件夹同名" in (queries.text(lab, "lab.toml") or ""), "comments stay"


def test_a_trial_shows_what_differs_and_counts_nowhere(school: Any, lab: Draft, browser: Any) -> None:
    lin = author(school.lin, school.center)
    ledger = db.session.query(LedgerEntry).count()
    trial = trials.start(lin, lab)
    with pytest.raises(Conflict):
        trials.start(lin, lab)
    jobs = leased()
    assert len(jobs) == len(trial.solutions) == 5
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


def test_the_real_sandbox_gives_every_solution_what_it_declares(school: Any, lab: Draft) -> None:
    driver = quick_driver()
    trial = trials.start(author(school.lin, school.center), lab)
    packs = Packs()
    for job in leased():
        grading.finish(grade(job, blobs.get, driver, packs))
    assert {row.file: row.problems for row in trials.rows(trial) if not row.ok} == {}
