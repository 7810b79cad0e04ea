"""Trying a lab out before it is published: every solution that the pack brings goes through the real graders.

The author's `checks.py` runs where all checks run: in the graders' check sandbox. Nothing of a trial counts, and nobody but
the instructors of the center who write the lab sees it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from shixun.assessment.models import Submission
from shixun.assessment.operations import Place, try_out
from shixun.assessment.queries import grading_state
from shixun.authoring import labs, operations, queries
from shixun.authoring.models import Draft, Trial
from shixun.core import audit, blobs
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict
from shixun.core.i18n import _, _l, language
from shixun.core.ids import new_id
from shixun.core.permissions import Actor, Permission
from shixun_graders.protocol import REASON_TEXT, TRIAL_MAP_SEED, Reason
from shixun_packs.digest import bundle_files
from shixun_packs.form import ANSWERS_NAME
from shixun_packs.lab import NOTEBOOK_NAME, Lab, Wrong, build_notebooks, reference_file, with_wrong

PER_HOUR = 12  # trials of one draft; each costs a grader some seconds for every solution
MOST_SOLUTIONS = 16
_CLOSE = 0.005  # points


@dataclass(frozen=True)
class Row:
    """One solution of a trial. `state` as `assessment.queries.grading_state`; `earned` and `hints` by grade id."""

    file: str
    mistake: Mapping[str, str] | None
    state: str
    expected: Mapping[str, float]
    earned: Mapping[str, float] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    problems: Sequence[str] = ()

    @property
    def pending(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def ok(self) -> bool:
        return not self.pending and not self.problems


def start(actor: Actor, draft: Draft) -> Trial:
    """Queue all solutions of the lab. Raises `PackError` for a lab that can't be read, `Conflict` where there is nothing to try."""
    actor.require(Permission.COURSE_AUTHOR, draft.center_id)
    assert actor.person_id is not None
    operations.lock(draft)
    lab = labs.load(draft)
    _check_possible(draft, lab)
    pack = blobs.put(bundle_files(queries.files(draft)))
    trial = Trial(id=new_id(), draft_id=draft.id, person_id=actor.person_id, pack_digest=pack, solutions=[])
    full = {grade.id: grade.points for grade in lab.grades if not grade.manual}
    found = []
    for number, wrong in enumerate((None, *lab.wrong)):
        place = Place(
            center_id=draft.center_id,
            context="trial",
            context_id=trial.id,
            item=str(number),
            owner_id=actor.person_id,
            lab=lab.slug,
            pack_digest=pack,
            max_points=lab.max_points,
            counts=False,
            map_seed=TRIAL_MAP_SEED.hex(),
        )
        submission = try_out(actor, place, _files(lab, wrong))
        found.append(
            {
                "file": reference_file(lab) if wrong is None else wrong.file,
                "mistake": None if wrong is None else wrong.mistake.model_dump(),
                "expected": full if wrong is None else dict(wrong.scores),
                "hint": None if wrong is None else wrong.hint,
                "submission": submission.id,
            }
        )
    trial.solutions = found
    draft.trials.insert(0, trial)
    db.session.flush()
    audit.record(actor, "authoring.lab.tried", f"lab {draft.slug}", digest=pack, solutions=len(found))
    return trial


def _check_possible(draft: Draft, lab: Lab) -> None:
    if lab.checks is None:
        raise Conflict(_l("This lab has no checks: it is for practice, and there is nothing to try."))
    if len(lab.wrong) >= MOST_SOLUTIONS:
        raise Conflict(_l("A trial takes at most 16 solutions. Take some wrong solutions out."))
    if any(row.pending for trial in draft.trials[:1] for row in rows(trial)):
        raise Conflict(_l("A trial of this lab is going on. Wait for its result."))
    recent = select(func.count()).where(Trial.draft_id == draft.id, Trial.created_at > now() - timedelta(hours=1))
    if (db.session.scalar(recent) or 0) >= PER_HOUR:
        raise Conflict(_l("That is many trials within an hour. Wait a while, then try again."))


def _files(lab: Lab, wrong: Wrong | None) -> dict[str, bytes]:
    """A solution as a trainee would hand it in. A form's answers come from the pack's code, in the graders' sandbox."""
    if lab.form:
        return {ANSWERS_NAME: b"{}"}
    return {NOTEBOOK_NAME: build_notebooks(lab).source if wrong is None else with_wrong(lab, wrong)}


def latest(draft: Draft) -> Trial | None:
    """The trial that was started last."""
    return db.session.scalar(select(Trial).where(Trial.draft_id == draft.id).order_by(Trial.created_at.desc()).limit(1))


def is_of_present(draft: Draft, trial: Trial) -> bool:
    """Whether nothing was changed since the trial."""
    return blobs.digest_of(bundle_files(queries.files(draft))) == trial.pack_digest


def rows(trial: Trial) -> list[Row]:
    """How every solution of a trial has done, the reference first."""
    wanted = [solution["submission"] for solution in trial.solutions]
    found = {
        submission.id: submission
        for submission in db.session.scalars(
            select(Submission)
            .where(Submission.id.in_(wanted), Submission.context == "trial", Submission.context_id == trial.id)
            .options(
                selectinload(Submission.verdicts), selectinload(Submission.jobs), selectinload(Submission.manual_grades)
            )
        )
    }
    return [_row(solution, found[solution["submission"]]) for solution in trial.solutions]


def _row(solution: Mapping[str, object], submission: Submission) -> Row:
    state = grading_state(submission)
    file, mistake, expected = str(solution["file"]), solution["mistake"], solution["expected"]
    assert isinstance(expected, dict)
    assert mistake is None or isinstance(mistake, dict)
    if state in {"queued", "running"}:
        return Row(file, mistake, state, expected)
    if not submission.verdicts:
        job = submission.jobs[-1]
        said = [_reason(job.last_failure or ""), job.last_detail or ""]
        return Row(file, mistake, state, expected, problems=[" ".join(part for part in said if part)])
    verdict = submission.verdicts[-1]
    earned = {cell["grade_id"]: float(cell["points"]) for cell in verdict.cells if cell["points"] is not None}
    hints = {cell["grade_id"]: str(cell["hint"]) for cell in verdict.cells if cell.get("hint")}
    problems = [_reason(verdict.reason or "")] if verdict.outcome != "graded" else []
    for grade_id, declared in expected.items():
        got = earned.get(grade_id, 0.0)
        if abs(got - declared) > _CLOSE:
            problems.append(
                _("%(grade)s: earned %(earned)g, declared %(declared)g", grade=grade_id, earned=got, declared=declared)
            )
    if solution["hint"] and solution["hint"] not in hints.values():
        problems.append(_("the hint %(hint)s was not given", hint=solution["hint"]))
    return Row(file, mistake, state, expected, earned, hints, round(sum(verdict.seconds.values()), 1), problems)


def _reason(code: str) -> str:
    """Why there is no verdict, in an author's words: what trainees read sends them to their teacher."""
    if code == Reason.CHECKS_FAILED:
        return str(_("The code of the lab failed:"))
    if code == Reason.PACK_INVALID:
        return str(_("The graders can't read this pack."))
    return REASON_TEXT[Reason(code)][language()] if code in list(Reason) else str(_("Grading failed."))
