"""Labs without code: what a trainee sends is data of the form's own kinds, or no answer; the checks judge it as they do others."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shixun_graders.grade import Packs
from shixun_graders.intake.answers import FormAnswers, read_answers
from shixun_graders.intake.refusal import RefusalError
from shixun_graders.packcheck import check_lab, try_bundle
from shixun_graders.protocol import AnswerError, Note, Reason
from shixun_graders.sandbox.base import Driver
from shixun_packs.digest import bundle, bundle_files
from shixun_packs.form import ANSWERS_NAME
from shixun_packs.lab import Lab, load_lab

TOML = """
[lab]
slug = "tiny-form"
version = "1.0.0"
title = { zh = "小表单", en = "Tiny form" }
summary = { zh = "看数", en = "Read numbers" }
minutes = 5
form = "form.toml"
checks = "checks.py"
field = "industrial-internet"
[[grade]]
id = "time"
points = 4
title = { zh = "时间", en = "Time" }
[[grade]]
id = "machine"
points = 6
title = { zh = "机器", en = "Machine" }
[[grade]]
id = "note"
points = 2
manual = true
title = { zh = "说明", en = "Note" }
[[hint]]
key = "hours"
text = { zh = "单位是分钟", en = "In minutes" }
[[wrong]]
file = "wrong/hours.py"
mistake = { zh = "写成小时", en = "Wrote hours" }
hint = "hours"
scores = { time = 0, machine = 6 }
[[wrong]]
file = "wrong/blank.py"
mistake = { zh = "没有作答", en = "Left it empty" }
scores = { time = 4, machine = 3 }
"""
FORM = """
[[field]]
id = "minutes"
grade = "time"
kind = "number"
unit = { zh = "分", en = "min" }
label = { zh = "多久", en = "How long" }
[[field]]
id = "which"
grade = "machine"
kind = "choice"
label = { zh = "哪台", en = "Which" }
option = [{ id = "filler", text = { zh = "甲", en = "A" } }, { id = "capper", text = { zh = "乙", en = "B" } }]
[[field]]
id = "all"
grade = "machine"
kind = "multiple"
label = { zh = "哪些", en = "Which ones" }
option = [{ id = "one", text = { zh = "甲", en = "A" } }, { id = "two", text = { zh = "乙", en = "B" } }]
[[field]]
id = "why"
grade = "note"
kind = "text"
most = 20
label = { zh = "为什么", en = "Why" }
"""
CHECKS = """
def answers(plant_log):
    assert plant_log.shift is None
    return {"minutes": 90.0, "which": "filler", "all": ["one", "two"], "why": "because"}


def judge(calls, answers, plant_log):
    given = {call.name: answer for call, answer in zip(calls, answers, strict=True)}
    minutes = given["minutes"].value
    right = minutes is not None and abs(minutes - 90.0) < 0.5
    which = 3.0 * (given["which"].value == "filler") + 3.0 * (given["all"].value == ["one", "two"])
    hint = "hours" if minutes is not None and abs(60 * minutes - 90.0) < 0.5 else None
    return {"time": (4.0 * right, hint), "machine": (which, None)}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pack = tmp_path_factory.mktemp("forms") / "tiny-form"
    (pack / "wrong").mkdir(parents=True)
    for name, text in {
        "lab.toml": TOML,
        "form.toml": FORM,
        "checks.py": CHECKS,
        "wrong/hours.py": "import checks\n\n\ndef answers(right, plant_log):\n"
        "    return {'minutes': checks.answers(plant_log)['minutes'] / 60}\n",
        "wrong/blank.py": "def answers(right, plant_log):\n    return {'which': None}\n",
    }.items():
        (pack / name).write_text(text, encoding="utf-8")
    return pack


@pytest.fixture(scope="module")
def lab(folder: Path) -> Lab:
    return load_lab(folder)


def sent(answers: Any) -> bytes:
    return bundle_files({ANSWERS_NAME: answers if isinstance(answers, bytes) else json.dumps(answers).encode()})


def read(lab: Lab, **answers: Any) -> list[Any]:
    """Value or error of each field."""
    found = read_answers(lab, sent(answers)).answers
    return [answer.value if answer.ok else str(answer.error) for answer in found]


def test_answers_have_the_exact_kind_of_their_field(lab: Lab) -> None:
    found = read(lab, minutes=90, which="capper", all=["two", "one", "two"], why=" 因为 ")
    assert found == [90.0, "capper", ["one", "two"], " 因为 "]
    assert type(found[0]) is float


@pytest.mark.parametrize("value", [True, "90", [90], {"a": 1}, 1e300, -(10**400), 10**16])
def test_no_number(lab: Lab, value: Any) -> None:
    assert read(lab, minutes=value)[0] == "not-data"


@pytest.mark.parametrize(
    ("field", "place", "value"),
    [
        ("which", 1, "packer"),
        ("which", 1, ["filler"]),
        ("which", 1, 0),
        ("all", 2, ["one", "three"]),
        ("all", 2, [["one"]]),
        ("all", 2, "one"),
        ("all", 2, {"one": True}),
        ("why", 3, "x" * 21),
        ("why", 3, 7),
        ("why", 3, ["x"]),
    ],
)
def test_what_a_field_cannot_hold_is_no_answer(lab: Lab, field: str, place: int, value: Any) -> None:
    found = read_answers(lab, sent({field: value}))
    assert found.answers[place].error is AnswerError.NOT_DATA
    assert found.notes == (Note.FIELD_UNREADABLE,)


def test_nothing_and_unknown_fields(lab: Lab) -> None:
    assert read(lab, minutes=None, which="", all=[], why=" \n", points=100, __proto__={}) == ["missing"] * 4
    assert read_answers(lab, sent({})).notes == ()
    assert read(lab, why="\ud800x")[3] == "?x"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b'{"minutes": NaN}', Reason.NOT_JSON),
        (b'{"minutes": ' + b"9" * 5000 + b"}", Reason.NOT_JSON),
        (b"[]", Reason.NOT_A_FORM),
        (b'"x"', Reason.NOT_A_FORM),
        (b"7", Reason.NOT_A_FORM),
        (b"[" * 100_000, Reason.TOO_COMPLEX),
        (b'{"all": [' + b'"one",' * 100_000 + b'"one"]}', Reason.TOO_COMPLEX),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', Reason.TOO_LARGE),
    ],
)
def test_hostile_answers_are_refused_with_a_reason(lab: Lab, data: bytes, reason: Reason) -> None:
    with pytest.raises(RefusalError) as caught:
        read_answers(lab, sent(data))
    assert caught.value.reason is reason


def test_a_notebook_is_no_form_and_a_broken_bundle_is_none(lab: Lab) -> None:
    for data, reason in (
        (bundle_files({"notebook.ipynb": b"{}"}), Reason.NO_ANSWERS),
        (b"rubbish", Reason.BAD_ARCHIVE),
        (b"", Reason.BAD_ARCHIVE),
    ):
        with pytest.raises(RefusalError) as caught:
            read_answers(lab, data)
        assert caught.value.reason is reason


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["minutes", "which", "all", "why", "other"]), _JSON) | _JSON)
def test_whatever_is_sent_is_read_or_refused(lab: Lab, value: Any) -> None:
    try:
        found = read_answers(lab, sent(value))
    except RefusalError:
        return
    assert isinstance(found, FormAnswers)
    assert len(found.answers) == 4
    number = found.answers[0].value
    assert number is None or (type(number) is float and math.isfinite(number))


def test_the_reference_has_full_marks_and_each_wrong_solution_its_own(folder: Path, quick_driver: Driver) -> None:
    rows = check_lab(folder, quick_driver)
    assert [(row.file, row.problems) for row in rows] == [
        ("checks.py", []),
        ("wrong/hours.py", []),
        ("wrong/blank.py", []),
    ]
    assert [row.earned for row in rows] == [
        {"time": 4.0, "machine": 6.0},
        {"time": 0.0, "machine": 6.0},
        {"time": 4.0, "machine": 3.0},
    ]


def test_a_submission_is_graded_like_any_other(folder: Path, lab: Lab, quick_driver: Driver) -> None:
    pack, packs = bundle(folder), Packs()
    answers = {"minutes": 1.5, "which": "<script>", "all": ["two"], "why": "<b>x</b>"}
    found = try_bundle(lab.slug, pack, sent(answers), quick_driver, packs=packs)
    assert (found.outcome, found.notes, found.plant_log_digest) == ("graded", [Note.FIELD_UNREADABLE], None)
    assert [(cell.grade_id, cell.points, cell.hint) for cell in found.cells] == [
        ("time", 0.0, "hours"),
        ("machine", 0.0, None),
        ("note", None, None),
    ]
    html = found.feedback_html or ""
    assert "1.5 分" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "script" not in html
    assert found.environment is not None
    refused = try_bundle(lab.slug, pack, sent(b"[]"), quick_driver, packs=packs)
    assert (refused.outcome, refused.reason) == ("refused", Reason.NOT_A_FORM)
    assert [cell.points for cell in refused.cells] == [0.0, 0.0, None]


def test_checks_that_break_are_our_fault(tmp_path: Path, folder: Path, quick_driver: Driver) -> None:
    broken = tmp_path / "tiny-form"
    (broken / "wrong").mkdir(parents=True)
    for path in folder.rglob("*.*"):
        (broken / path.relative_to(folder)).write_bytes(path.read_bytes())
    (broken / "checks.py").write_text(CHECKS.replace('"time": (4.0', '"tmie": (4.0').replace('"minutes": 90.0, ', ""))
    lab = load_lab(broken)
    found = try_bundle(lab.slug, bundle(broken), sent({"which": "filler"}), quick_driver)
    assert (found.outcome, found.reason) == ("failed", Reason.CHECKS_FAILED)
    rows = check_lab(broken, quick_driver)
    assert rows[1].problems == ["gave no answers: KeyError: 'minutes'"]
    (broken / "checks.py").write_text(CHECKS.replace("assert plant_log.shift is None", "raise RuntimeError"))
    assert all("gave no answers" in row.problems[0] for row in check_lab(broken, quick_driver))
