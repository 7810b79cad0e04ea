"""What web and graders say to each other, and what `checks.py` sees. The LMS imports no other module of this package.

    web ── GradingJob ──► grader        POST /grader/v1/lease
    web ◄─ GradingResult ─ grader       POST /grader/v1/jobs/<job_id>/result

A submission or pack travels as a bundle (plain tar) fetched by its digest. Everything here is data; no field carries
code or a path.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shixun_graders.data import MAX_BYTES, MAX_DEPTH, NotDataError, decode, encode

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "NOTE_TEXT",
    "REASON_TEXT",
    "TRIAL_MAP_SEED",
    "TRIAL_SEED",
    "Answer",
    "AnswerError",
    "Call",
    "CellGrade",
    "Data",
    "Environment",
    "GradingJob",
    "GradingResult",
    "Mode",
    "NotDataError",
    "Note",
    "Outcome",
    "Reason",
    "Seconds",
    "decode",
    "encode",
]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def _digest(value: str) -> str:
    if not _DIGEST.match(value):
        raise ValueError("not a sha256:<64 hex digits> digest")
    return value


def _seed(value: str) -> str:
    if len(bytes.fromhex(value)) != 32:
        raise ValueError("a seed is 32 bytes in hex")
    return value


# Of the solutions that a pack brings itself. Fixed, so that declared scores can be exact: a wrong solution may be right by
# chance on another trainee's map.
TRIAL_SEED = bytes(range(32))
TRIAL_MAP_SEED = bytes(range(32, 64))

Digest = Annotated[str, AfterValidator(_digest)]
SeedHex = Annotated[str, AfterValidator(_seed)]
Data = Any  # tagged JSON data, see shixun_graders.data
Mode = Literal["batch", "fresh", "lockstep"]
Outcome = Literal["graded", "refused", "failed"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(StrEnum):
    """Why a submission was refused (first part), or why our side failed (second). Refused: score 0; failed: retried."""

    TOO_LARGE = "too-large"
    BAD_ARCHIVE = "bad-archive"
    NO_NOTEBOOK = "no-notebook"
    NOT_JSON = "not-json"
    TOO_COMPLEX = "too-complex"
    NOT_A_NOTEBOOK = "not-a-notebook"
    TOO_MANY_CELLS = "too-many-cells"
    DUPLICATE_CELL = "duplicate-cell"
    NO_ANSWERS = "no-answers"
    NOT_A_FORM = "not-a-form"

    BUNDLE_MISSING = "bundle-missing"
    PACK_INVALID = "pack-invalid"
    CHECKS_FAILED = "checks-failed"
    PLANT_FAILED = "plant-failed"
    SANDBOX_FAILED = "sandbox-failed"
    STOPPED = "stopped"

    @property
    def refuses(self) -> bool:
        """True where the submission is at fault, false where we are."""
        return self not in _OUR_FAULT


_OUR_FAULT = frozenset(
    (
        Reason.BUNDLE_MISSING,
        Reason.PACK_INVALID,
        Reason.CHECKS_FAILED,
        Reason.PLANT_FAILED,
        Reason.SANDBOX_FAILED,
        Reason.STOPPED,
    )
)


class Note(StrEnum):
    """What happened to a submission that was graded all the same; each is shown with the score."""

    CELL_RESTORED = "cell-restored"
    CELL_MISSING = "cell-missing"
    KERNEL_DIED = "kernel-died"
    TIME_LIMIT = "time-limit"
    OUTPUT_LIMIT = "output-limit"
    MEMORY_LIMIT = "memory-limit"
    CALL_TIME_LIMIT = "call-time-limit"
    NOT_DATA = "not-data"
    FIELD_UNREADABLE = "field-unreadable"


class AnswerError(StrEnum):
    """Why a call has no value. Fixed, so that nothing of the hidden phase can leave through an error text."""

    MISSING = "missing"  # the notebook defines no such name; the form's field was left empty
    RAISED = "raised"
    TIMEOUT = "timeout"
    NOT_DATA = "not-data"
    DIED = "died"  # the process that should have answered was gone


class Call(_Message):
    """One question of `checks.py` to the trainee's notebook: call `name` (or, where it is no function, give its value).

    batch: in the notebook's own process, all at once; lockstep: the same, but the next call is not shown before this
    one is answered, and the plant's log is marked at both ends; fresh: in a new process with the state that the
    notebook left, for this call alone. `args` and `kwargs` are plain Python data here and travel encoded; `seconds` is
    the wall time for this call.
    """

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    mode: Mode = "batch"
    seconds: float = Field(default=5.0, gt=0, le=120)


class Answer(_Message):
    """What the trainee's process gave back for a call: plain data or an error. An answer is never a verdict."""

    ok: bool
    value: Data | None = None
    error: AnswerError | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Answer:
        if self.ok == (self.error is not None) or (not self.ok and self.value is not None):
            raise ValueError("an answer has either a value or an error")
        return self


class GradingJob(_Message):
    """One leased piece of work. Web makes `seed` = HMAC(secret, submission); `map_seed` is the trainee's own.

    `solution` is given where an author tries a pack out: 0 for its reference, n for its n-th wrong solution. What a form lab
    answers then comes from the pack's own code, whatever the submission holds. A trainee's submission never has it.
    """

    job_id: str = Field(min_length=1, max_length=64)
    lease_id: str = Field(min_length=1, max_length=64)
    lease_seconds: float = Field(gt=0, le=3600)
    kind: Literal["lab", "contest"]
    submission_id: str = Field(min_length=1, max_length=64)
    lab: str = Field(min_length=1, max_length=64)
    submission_digest: Digest
    pack_digest: Digest
    seed: SeedHex
    map_seed: SeedHex
    submitted_at: datetime
    solution: int | None = Field(default=None, ge=0)


class CellGrade(_Message):
    """The verdict on one grade cell; `points` is None for a manual cell. `hint` is a key of the pack's fixed list."""

    grade_id: str = Field(min_length=1, max_length=128)
    points: float | None
    max_points: float = Field(ge=0)
    hint: str | None = None
    manual: bool = False

    @model_validator(mode="after")
    def _points_in_range(self) -> CellGrade:
        if self.manual != (self.points is None):
            raise ValueError("a manual cell has no points, an automatic one has")
        if self.points is not None and not (math.isfinite(self.points) and 0 <= self.points <= self.max_points):
            raise ValueError("points outside 0…max_points")
        return self


class Environment(_Message):
    """What a verdict was made with, so that a regrade is the same."""

    image: str
    sandbox: str
    pack_digest: Digest
    seed_hash: str
    threads: int
    grader: str


class Seconds(_Message):
    """Wall seconds of each phase. Sandboxes start in parallel, so `run` includes waiting for them."""

    intake: float = 0.0
    run: float = 0.0
    check: float = 0.0


class GradingResult(_Message):
    """The outcome of one job.

    graded: `cells` holds every grade cell of the lab; refused: the same with 0 points; failed: no cells.
    `feedback_html` is a sanitised fragment (no script, style, SVG, link or remote source); show it in a page that has a
    CSP all the same. `detail` is the grade id or file name that the reason is about, or the end of what checks.py said when
    it failed (for its author alone): show it escaped.
    """

    job_id: str
    lease_id: str
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = Field(default=None, max_length=200)
    notes: list[Note] = []
    cells: list[CellGrade] = []
    feedback_html: str | None = None
    environment: Environment | None = None
    seconds: Seconds = Seconds()
    plant_log_digest: Digest | None = None

    @model_validator(mode="after")
    def _reason_fits(self) -> GradingResult:
        if (self.outcome == "graded") != (self.reason is None):
            raise ValueError("a reason belongs to refused and failed results")
        if self.reason is not None and self.reason.refuses != (self.outcome == "refused"):
            raise ValueError("this reason belongs to another outcome")
        return self


REASON_TEXT: dict[Reason, dict[str, str]] = {
    Reason.TOO_LARGE: {
        "zh": "提交的文件太大。请清除单元格输出后重新提交。",
        "en": "The submission is too large. Clear the outputs and submit again.",
    },
    Reason.BAD_ARCHIVE: {
        "zh": "提交包无法读取，或含有不允许的文件名、链接、过多的文件。",
        "en": "The submission can't be read, or holds forbidden file names, links or too many files.",
    },
    Reason.NO_NOTEBOOK: {"zh": "提交里没有找到笔记本。", "en": "The submission has no notebook."},
    Reason.NOT_JSON: {"zh": "提交的文件已损坏（不是有效的 JSON）。", "en": "The file is broken: it isn't JSON."},
    Reason.TOO_COMPLEX: {
        "zh": "提交内容的内部结构过于复杂。",
        "en": "The submission's inner structure is too complex.",
    },
    Reason.NOT_A_NOTEBOOK: {"zh": "文件不是有效的笔记本。", "en": "The file isn't a notebook."},
    Reason.TOO_MANY_CELLS: {"zh": "笔记本的单元格太多。", "en": "The notebook has too many cells."},
    Reason.DUPLICATE_CELL: {
        "zh": "同一个作答单元格出现了两次且内容不同，请删掉多余的一个。",
        "en": "An answer cell appears twice with different contents. Delete one of them.",
    },
    Reason.NO_ANSWERS: {"zh": "提交里没有找到答案。", "en": "The submission has no answers."},
    Reason.NOT_A_FORM: {"zh": "提交的内容不是这份表单的答案。", "en": "What was sent aren't answers to a form."},
    Reason.BUNDLE_MISSING: {"zh": "评分程序没能取到提交内容。", "en": "The grader couldn't fetch the submission."},
    Reason.PACK_INVALID: {"zh": "实验包有错误，请联系教师。", "en": "The lab pack is broken; tell your teacher."},
    Reason.CHECKS_FAILED: {
        "zh": "实验包的评分程序出错，请联系教师。",
        "en": "The lab's checks failed; tell your teacher.",
    },
    Reason.PLANT_FAILED: {"zh": "评分用的产线没能启动。", "en": "The plant for grading didn't start."},
    Reason.SANDBOX_FAILED: {"zh": "评分沙箱没能启动。", "en": "The grading sandbox didn't start."},
    Reason.STOPPED: {"zh": "评分被中断，会重新进行。", "en": "Grading was interrupted and will be done again."},
}

NOTE_TEXT: dict[Note, dict[str, str]] = {
    Note.CELL_RESTORED: {
        "zh": "有锁定的单元格被改动或删除，已按原样恢复后评分。",
        "en": "Locked cells had been changed or removed; they were restored before grading.",
    },
    Note.CELL_MISSING: {"zh": "有作答单元格被删除，按未作答处理。", "en": "An answer cell was removed: not answered."},
    Note.KERNEL_DIED: {
        "zh": "运行笔记本的进程中途退出，之后的内容没有运行。",
        "en": "The notebook's process ended early; what follows was not run.",
    },
    Note.TIME_LIMIT: {"zh": "笔记本运行超时，已被终止。", "en": "The notebook ran out of time and was stopped."},
    Note.OUTPUT_LIMIT: {"zh": "输出过多，已截断。", "en": "There was too much output; it was cut."},
    Note.MEMORY_LIMIT: {"zh": "内存超出限制，已被终止。", "en": "The memory limit was exceeded; the run was stopped."},
    Note.CALL_TIME_LIMIT: {"zh": "有函数在检查时超时。", "en": "A function took too long when it was checked."},
    Note.NOT_DATA: {
        "zh": "有函数返回的不是普通数据（数、文本、列表、字典、数组）。",
        "en": "A function returned something other than plain data (numbers, text, lists, dicts, arrays).",
    },
    Note.FIELD_UNREADABLE: {
        "zh": "有的答案格式不对，无法读取，按未作答处理。",
        "en": "An answer could not be read and counts as none.",
    },
}
