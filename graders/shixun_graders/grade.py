"""One submission from its bundle to its verdict: intake, then run, then check. The same for worker and `pack check`.

A form has nothing to run: its answers go from intake to check.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from shixun_graders.checker import Checker
from shixun_graders.feedback import feedback, form_feedback
from shixun_graders.intake.answers import FormAnswers, read_answers
from shixun_graders.intake.canonical import Canonical, canonical, read_submission
from shixun_graders.intake.refusal import RefusalError
from shixun_graders.protocol import CellGrade, Environment, GradingJob, GradingResult, Reason, Seconds, encode
from shixun_graders.sandbox.base import THREADS, Driver, Role, SandboxError
from shixun_graders.session import GradingFailedError, RunRecord, RunSession, derive
from shixun_packs.digest import bundle_digest, bundle_files, unbundle
from shixun_packs.form import ANSWERS_NAME
from shixun_packs.lab import Lab, load_lab
from shixun_packs.problems import PackError

GRADER = "shixun-graders/1"  # raised when the same submission could get another verdict
KEPT_PACKS = 16

T = TypeVar("T")
Judged = dict[str, tuple[float, str | None]]
Fetch = Callable[[str], bytes]  # by digest; raises anything where the bundle can't be had

_log = logging.getLogger(__name__)


class Packs:
    """The packs that were used last, loaded; safe for threads."""

    def __init__(self) -> None:
        self._labs: OrderedDict[str, Lab] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, digest: str, slug: str, fetch: Fetch) -> Lab:
        """The lab of a pack bundle. Raises GradingFailedError."""
        with self._lock:
            if digest not in self._labs:
                self._labs[digest] = _load(slug, _fetched(digest, fetch))
                if len(self._labs) > KEPT_PACKS:
                    self._labs.popitem(last=False)
            self._labs.move_to_end(digest)
            return self._labs[digest]


class Grading:
    """One grading in progress; `cancel` may be called by another thread."""

    def __init__(self, job: GradingJob, fetch: Fetch, driver: Driver, packs: Packs | None = None) -> None:
        self._job, self._fetch, self._driver = job, fetch, driver
        self._packs = packs or Packs()
        self._cancelled = threading.Event()
        self._parts: list[RunSession | Checker] = []
        self._seconds = {"intake": 0.0, "run": 0.0, "check": 0.0}

    def cancel(self) -> None:
        """Kill the sandboxes; the result becomes failed (stopped)."""
        self._cancelled.set()
        for part in list(self._parts):
            part.kill()

    def result(self) -> GradingResult:
        """Do it. Never raises for what a submission, a pack or an engine does: that is in the result."""
        try:
            lab = self._timed("intake", lambda: self._packs.load(self._job.pack_digest, self._job.lab, self._fetch))
            try:
                sent = self._timed("intake", lambda: self._read(lab))
            except RefusalError as refusal:
                return self._refused(lab, refusal)
            return self._graded(lab, sent)
        except GradingFailedError as error:
            reason = Reason.STOPPED if self._cancelled.is_set() else error.reason
            _log.warning("job %s failed: %s", self._job.job_id, error)
            # What checks.py said last is for its author, who is shown it after a trial.
            detail = error.log.strip()[-200:] or None if reason is Reason.CHECKS_FAILED else None
            return self._result(outcome="failed", reason=reason, detail=detail)

    def _read(self, lab: Lab) -> Canonical | FormAnswers:
        if lab.form and self._job.solution is not None:
            return self._solved(lab, self._job.solution)
        bundle = _fetched(self._job.submission_digest, self._fetch)
        return read_answers(lab, bundle) if lab.form else canonical(lab, read_submission(bundle))

    def _solved(self, lab: Lab, number: int) -> FormAnswers:
        """What the pack itself answers, right or in one of its wrong solutions; read like a trainee's answers."""
        wrongs = [wrong.code for wrong in lab.wrong[number - 1 : number]] if number else []
        found = solve_form(self._driver, lab, wrongs, self._job.map_seed)[-1]
        if isinstance(found, str):
            raise GradingFailedError(Reason.CHECKS_FAILED, f"{lab.wrong[number - 1].file}: {found}")
        return read_answers(lab, found)

    def _graded(self, lab: Lab, sent: Canonical | FormAnswers) -> GradingResult:
        with ExitStack() as stack:
            if isinstance(sent, FormAnswers):
                record, judged = self._form(stack, lab, sent)
            else:
                record, judged = self._notebook(stack, lab, sent)
        grades = [
            CellGrade(grade_id=grade.id, points=None, max_points=grade.points, manual=True)
            if grade.manual
            else CellGrade(
                grade_id=grade.id, points=judged[grade.id][0], max_points=grade.points, hint=judged[grade.id][1]
            )
            for grade in lab.grades
        ]
        if isinstance(sent, FormAnswers):
            html = form_feedback(lab, sent.answers, grades, record.notes)
        else:
            html = feedback(lab, sent.cells, record.outputs, grades, record.notes)
        return self._result(
            outcome="graded",
            notes=list(record.notes),
            cells=grades,
            feedback_html=html,
            environment=self._environment(lab),
            plant_log_digest=record.log_digest,
        )

    def _notebook(self, stack: ExitStack, lab: Lab, notebook: Canonical) -> tuple[RunRecord, Judged]:
        session = stack.enter_context(
            RunSession(self._driver, lab, self._seed("plant"), bytes.fromhex(self._job.map_seed))
        )
        checker = self._start(stack, lab, session)
        record = session.record
        record.notes |= dict.fromkeys(notebook.notes)
        self._timed("run", lambda: self._run(lab, notebook, session, checker))
        return record, self._timed("check", lambda: checker.judge(record)) if checker else {}

    def _form(self, stack: ExitStack, lab: Lab, sent: FormAnswers) -> tuple[RunRecord, Judged]:
        record = form_record(lab, self._job.map_seed, sent)
        if lab.checks is None:
            return record, {}
        checker = Checker(self._driver, lab, lab.checks, 0)
        stack.callback(checker.close)
        self._parts.append(checker)
        if self._cancelled.is_set():
            raise GradingFailedError(Reason.STOPPED)
        return record, self._timed("check", lambda: checker.judge_form(record))

    def _start(self, stack: ExitStack, lab: Lab, session: RunSession) -> Checker | None:
        """Start the sandboxes of both steps at once: engines take longest there."""
        self._parts.append(session)
        with ThreadPoolExecutor(1, thread_name_prefix="start-check") as pool:
            pending = None
            if lab.checks is not None:
                pending = pool.submit(Checker, self._driver, lab, lab.checks, lab.limits.run_seconds)
            try:
                self._timed("run", session.start)
            finally:
                checker = pending.result() if pending and pending.exception() is None else None
                if checker is not None:
                    stack.callback(checker.close)
                    self._parts.append(checker)
            if pending is not None:
                pending.result()
        if self._cancelled.is_set():
            raise GradingFailedError(Reason.STOPPED)
        return checker

    def _run(self, lab: Lab, notebook: Canonical, session: RunSession, checker: Checker | None) -> None:
        calls, fresh = checker.calls(self._seed("calls")) if checker else ([], False)
        session.notebook(notebook.cells, fresh=fresh)
        session.ask(calls, checker.following if checker else lambda _answers: [])
        session.finish()
        if self._cancelled.is_set():
            raise GradingFailedError(Reason.STOPPED)

    def _seed(self, label: str) -> bytes:
        return derive(bytes.fromhex(self._job.seed), label)

    def _environment(self, lab: Lab) -> Environment:
        roles: tuple[Role, ...] = ("checker",) if lab.form else ("student", "plant") if lab.plant else ("student",)
        try:
            image = " ".join(dict.fromkeys(self._driver.image(role) for role in roles))
        except (SandboxError, OSError) as error:
            raise GradingFailedError(Reason.SANDBOX_FAILED, str(error)) from error
        return Environment(
            image=image,
            sandbox=self._driver.name,
            pack_digest=self._job.pack_digest,
            seed_hash=f"sha256:{hashlib.sha256(bytes.fromhex(self._job.seed)).hexdigest()}",
            threads=THREADS,
            grader=GRADER,
        )

    def _refused(self, lab: Lab, refusal: RefusalError) -> GradingResult:
        cells = [
            CellGrade(
                grade_id=grade.id, points=None if grade.manual else 0.0, max_points=grade.points, manual=grade.manual
            )
            for grade in lab.grades
        ]
        return self._result(outcome="refused", reason=refusal.reason, detail=refusal.detail, cells=cells)

    def _result(self, **fields: object) -> GradingResult:
        seconds = Seconds(**{name: round(value, 3) for name, value in self._seconds.items()})
        return GradingResult.model_validate(
            {"job_id": self._job.job_id, "lease_id": self._job.lease_id, "seconds": seconds, **fields}
        )

    def _timed(self, phase: str, work: Callable[[], T]) -> T:
        begin = time.monotonic()
        try:
            return work()
        finally:
            self._seconds[phase] += time.monotonic() - begin


def grade(job: GradingJob, fetch: Fetch, driver: Driver, packs: Packs | None = None) -> GradingResult:
    """Grade one job with the driver's sandboxes; `fetch(digest)` gives the bytes of a bundle."""
    return Grading(job, fetch, driver, packs).result()


def form_record(lab: Lab, map_seed: str, sent: FormAnswers) -> RunRecord:
    """What the checks of a form lab are given: the answers as data, and which shift the trainee saw."""
    answers = [
        {"ok": True, "value": encode(answer.value)} if answer.ok else {"ok": False, "error": str(answer.error)}
        for answer in sent.answers
    ]
    recorded = {"kind": lab.plant.kind, "seed": map_seed} if lab.plant else None
    return RunRecord(answers=answers, notes=dict.fromkeys(sent.notes), recorded=recorded)


def solve_form(driver: Driver, lab: Lab, wrongs: list[str], map_seed: str) -> list[bytes | str]:
    """Submissions of a form lab's pack: its right answers, then each wrong solution's, or a text that says why there are none.

    The answers depend on the trainee's plant: the pack's own code gives them, in the sandbox of the checks. Raises
    GradingFailedError where the right ones can't be had.
    """
    assert lab.checks is not None
    checker = Checker(driver, lab, lab.checks, 0)
    try:
        found = checker.solve(form_record(lab, map_seed, FormAnswers((), ())), wrongs)
    finally:
        checker.close()
    return [one if isinstance(one, str) else bundle_files({ANSWERS_NAME: json.dumps(one).encode()}) for one in found]


def _fetched(digest: str, fetch: Fetch) -> bytes:
    try:
        data = fetch(digest)
    except Exception as error:
        raise GradingFailedError(Reason.BUNDLE_MISSING, f"{digest}: {error}") from error
    if bundle_digest(data) != digest:
        raise GradingFailedError(Reason.BUNDLE_MISSING, f"{digest} has other bytes")
    return data


def _load(slug: str, bundle: bytes) -> Lab:
    with tempfile.TemporaryDirectory(prefix="shixun-pack-") as folder:
        try:
            target = Path(folder) / slug
            unbundle(bundle, target)
            return load_lab(target)
        except PackError as error:
            raise GradingFailedError(Reason.PACK_INVALID, str(error)) from error
