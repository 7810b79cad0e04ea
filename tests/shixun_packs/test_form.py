"""Labs without code: `form.toml`, and what it must agree on with `lab.toml`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shixun_packs.lab import load_lab, release_files

Edit = Callable[[Path, str, str], None]
Complaints = Callable[[Callable[[Path], object], Path], list[str]]

FORM = """\
[[field]]
id = "speed"
grade = "double"
kind = "number"
label = {zh = "速度", en = "Speed"}
unit = {zh = "瓶/分", en = "bottles/min"}

[[field]]
id = "machine"
grade = "double"
kind = "choice"
label = {zh = "哪台", en = "Which"}
option = [{id = "filler", text = {zh = "灌装机", en = "Filler"}}, {id = "capper", text = {zh = "封盖机", en = "Capper"}}]

[[field]]
id = "why"
grade = "report"
kind = "text"
label = {zh = "为什么", en = "Why"}
"""
CHECKS = """\
def answers(plant_log):
    return {"speed": 54.0, "machine": "filler"}


def judge(calls, answers, plant_log):
    return {}
"""


@pytest.fixture
def form(lab: Path, edit: Edit) -> Path:
    """The tiny lab as a lab with a form."""
    edit(lab / "lab.toml", 'notebook = "notebook.py"', 'form = "form.toml"')
    edit(lab / "lab.toml", 'protocols = ["modbus"]', "recorded = true")
    (lab / "notebook.py").unlink()
    (lab / "form.toml").write_text(FORM, encoding="utf-8")
    (lab / "checks.py").write_text(CHECKS, encoding="utf-8")
    (lab / "wrong/triple.py").write_text("def answers(right, plant_log):\n    return {'speed': 3 * right['speed']}\n")
    return lab


def test_a_form_lab_is_read_whole_and_releases_only_assets(form: Path) -> None:
    loaded = load_lab(form)
    assert [(field.id, field.kind, field.grade) for field in loaded.form] == [
        ("speed", "number", "double"),
        ("machine", "choice", "double"),
        ("why", "text", "report"),
    ]
    assert loaded.cells == ()
    assert loaded.plant is not None
    assert loaded.plant.recorded
    assert "3 * right" in loaded.wrong[0].code
    assert sorted(release_files(loaded)) == ["assets/points.csv"]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("lab.toml", 'form = "form.toml"\n', "", "lab.toml:1: lab: a lab has either a notebook or a form"),
        ("lab.toml", 'form = "', 'notebook = "n.py"\nform = "', "lab.toml:1: lab: a lab has either"),
        ("lab.toml", 'form = "form.toml"', 'form = "none.toml"', "lab.toml:7: 'none.toml': there is no such file"),
        ("lab.toml", 'form = "form.toml"', 'form = "../f.toml"', "lab.toml:7: '../f.toml': the path leaves"),
        ("lab.toml", "recorded = true", 'protocols = ["modbus"]', "lab.toml:11: a form needs a plant with recorded"),
        ("lab.toml", "recorded = true", "", "lab.toml:11: plant: a plant speaks at least one of the protocols"),
        (
            "lab.toml",
            "recorded = true",
            'recorded = true\nprotocols = ["opcua"]',
            "lab.toml:11: plant: a recorded plant",
        ),
        ("form.toml", 'kind = "text"', 'kind = "essay"', "form.toml:18: field[3].kind: Input tag 'essay'"),
        ("form.toml", 'id = "machine"', 'id = "speed"', "form.toml:9: 'speed' is there twice (first on line 2)"),
        ("form.toml", 'id = "machine"', 'id = "Machine 2"', "form.toml:9: field[2].id: String should match"),
        ("form.toml", 'grade = "double"', 'grade = "triple"', "form.toml:3: speed: there is no grade 'triple'"),
        (
            "form.toml",
            'grade = "report"',
            'grade = "double"',
            "lab.toml:21: form.toml has no field with grade = 'report'",
        ),
        ("form.toml", "unit =", "tolerance = 0.5\nunit =", "form.toml:6: field[1].tolerance: unknown key"),
        ("form.toml", ', en = "Speed"', "", "form.toml:5: field[1].label.en: is missing"),
        ("form.toml", 'id = "capper"', 'id = "filler"', "form.toml:8: field[2]: two options have the same id"),
        ("form.toml", 'en = "Capper"', 'en = "Filler"', "form.toml:8: field[2]: two options have the same text in en"),
        ("checks.py", "def answers", "def calls", "checks.py: there is no function answers()"),
        ("wrong/triple.py", "def answers", "def wrong", "wrong/triple.py: there is no function answers()"),
        ("wrong/triple.py", "return", "retrun", "wrong/triple.py:2: not valid Python"),
    ],
)
def test_bad_forms_name_file_and_line(
    file: str, old: str, new: str, problem: str, form: Path, edit: Edit, complaints: Complaints
) -> None:
    edit(form / file, old, new)
    found = complaints(load_lab, form)
    assert any(one.startswith(problem) for one in found), found


def test_a_notebook_has_no_recorded_plant(lab: Path, edit: Edit, complaints: Complaints) -> None:
    edit(lab / "lab.toml", 'protocols = ["modbus"]', "recorded = true")
    assert complaints(load_lab, lab) == ["lab.toml:13: a notebook can't speak to a recorded plant"]
