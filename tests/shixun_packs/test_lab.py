import json
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from shixun_packs.lab import build_notebooks, load_lab, release_files, with_wrong
from shixun_packs.notebooks import read_cells
from shixun_packs.percent import read_percent
from shixun_packs.problems import PackError

Edit = Callable[[Path, str, str], None]
Complaints = Callable[[Callable[[Path], object], Path], list[str]]
GRADE = 'nbgrader={"grade_id":"a","grade":true,"solution":true,"locked":false,"points":1,"schema_version":3}'


def source(notebook: bytes, cell_id: str) -> str:
    return next(cell["source"] for cell in json.loads(notebook)["cells"] if cell["id"] == cell_id)


def test_a_lab_is_read_whole(lab: Path) -> None:
    loaded = load_lab(lab)
    assert (loaded.slug, loaded.version, loaded.max_points, loaded.limits.run_seconds) == ("tiny-lab", "0.1.0", 15, 120)
    assert loaded.plant is not None
    assert loaded.plant.speed == 1.0
    assert loaded.hints["twice"].en == "Times two"
    assert loaded.wrong[0].cells == {"double": "def double(x):\n    return 3 * x"}
    assert loaded.checks is not None
    assert loaded.assets == {"assets/points.csv": b"a,b\n"}
    assert [cell.kind for cell in loaded.cells] == ["markdown", "code", "code", "markdown"]


def test_the_trainee_receives_no_solution_checks_or_wrong_answers(lab: Path) -> None:
    files = release_files(load_lab(lab))
    assert sorted(files) == ["assets/points.csv", "notebook.ipynb"]
    assert source(files["notebook.ipynb"], "double") == (
        "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert source(files["notebook.ipynb"], "report") == "YOUR ANSWER HERE"
    assert b"2 * x" not in files["notebook.ipynb"]


def test_notebooks_are_valid_repeatable_and_marked_for_nbgrader(lab: Path) -> None:
    loaded = load_lab(lab)
    built = build_notebooks(loaded)
    assert built == build_notebooks(load_lab(lab))
    for data in (built.release, built.source, with_wrong(loaded, loaded.wrong[0])):
        nbformat.validate(nbformat.reads(data.decode(), as_version=4))
    cells = {cell["id"]: cell for cell in json.loads(built.release)["cells"]}
    assert list(cells)[1:] == ["double", "look", "report"]
    assert cells["double"]["metadata"]["nbgrader"]["points"] == 10
    assert "editable" not in cells["double"]["metadata"]
    assert cells["look"]["metadata"]["editable"] is False
    assert built.locked == {"look": "double(21)"}


def test_a_wrong_notebook_differs_from_the_solution_in_its_cells_only(lab: Path, edit: Edit) -> None:
    edit(lab / "wrong/triple.py", "# %% [double]", "# %% [report]\n# 空白\n\n# %% [double]")
    loaded = load_lab(lab)
    wrong, right = with_wrong(loaded, loaded.wrong[0]), build_notebooks(loaded).source
    assert source(wrong, "double") == "def double(x):\n    return 3 * x"
    assert source(wrong, "report") == "空白"
    assert source(wrong, "look") == source(right, "look")


def test_cells_are_the_ones_that_jupytext_and_nbgrader_make(lab: Path) -> None:
    text = (lab / "notebook.py").read_text()
    ours = read_percent(text, "notebook.py")
    theirs = jupytext.reads(text, fmt="py:percent").cells
    assert [(cell.kind, cell.source) for cell in ours] == [(cell.cell_type, cell.source) for cell in theirs]
    assert [cell.metadata for cell in ours] == [
        {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"} for cell in theirs
    ]
    built = build_notebooks(load_lab(lab))
    notebook = nbformat.reads(built.source.decode(), as_version=4)
    for step in (ClearSolutions(), ClearHiddenTests()):
        notebook, _ = step.preprocess(notebook, {})
    released = nbformat.reads(built.release.decode(), as_version=4)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in released.cells]


def test_hidden_tests_are_not_released(lab: Path, edit: Edit) -> None:
    secret = "### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"
    edit(lab / "notebook.py", "    ### END SOLUTION\n", f"    ### END SOLUTION\n{secret}\n")
    built = build_notebooks(load_lab(lab))
    assert "double(3)" in source(built.source, "double")
    assert "double(3)" not in source(built.release, "double")


def test_a_lab_without_checks_is_practice_and_has_no_automatic_cells(
    lab: Path, edit: Edit, complaints: Complaints
) -> None:
    edit(lab / "lab.toml", 'checks = "checks.py"\n', "")
    assert complaints(load_lab, lab) == ["lab.toml:15: double is judged by checks, but [lab] names none"]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("lab.toml", "minutes = 20", 'minutes = "20"', "lab.toml:6: lab.minutes: Input should be a valid integer"),
        ("lab.toml", 'title = {zh = "小实验", en = "Tiny lab"}\n', "", "lab.toml:1: lab.title: is missing"),
        ("lab.toml", "minutes = 20", "minutes = 20\nminute = 1", "lab.toml:7: lab.minute: unknown key"),
        ("lab.toml", 'slug = "tiny-lab"', 'slug = "Tiny"', "lab.toml:2: lab.slug: String should match pattern"),
        (
            "lab.toml",
            'slug = "tiny-lab"',
            'slug = "other"',
            "lab.toml:2: slug is 'other', but the folder is 'tiny-lab'",
        ),
        ("lab.toml", '"0.1.0"', '"1"', "lab.toml:3: lab.version"),
        ("lab.toml", '"notebook.py"', '"none.py"', "lab.toml:7: 'none.py': there is no such file in the pack"),
        (
            "lab.toml",
            '"notebook.py"',
            '"../tiny-lab/notebook.py"',
            "lab.toml:7: '../tiny-lab/notebook.py': the path leaves",
        ),
        ("lab.toml", '"checks.py"', '"/etc/passwd"', "lab.toml:8: '/etc/passwd': the path is absolute"),
        ("lab.toml", '["modbus"]', '["telnet"]', "lab.toml:13: plant.protocols[1]"),
        ("lab.toml", "points = 10", "points = 11", "notebook.py:11: double has 10 points here and 11 in lab.toml"),
        ("lab.toml", 'id = "double"', 'id = "duble"', "lab.toml:16: notebook.py has no graded cell 'duble'"),
        ("lab.toml", 'id = "double"', 'id = "duble"', "notebook.py:11: the graded cell double is not in lab.toml"),
        ("lab.toml", 'id = "report"', 'id = "double"', "lab.toml:21: 'double' is there twice (first on line 16)"),
        ("lab.toml", 'hint = "twice"', 'hint = "thrice"', "lab.toml:33: there is no hint 'thrice'"),
        ("lab.toml", "{double = 4}", "{}", "lab.toml:34: scores: double is missing"),
        ("lab.toml", "{double = 4}", "{double = 11}", "lab.toml:34: scores: double must be from 0 to 10"),
        ("lab.toml", "{double = 4}", "{double = 10}", "lab.toml:34: scores: a wrong solution has full marks"),
        ("lab.toml", "{double = 4}", "{double = 4, report = 0}", "lab.toml:34: scores: report is no automatic cell"),
        ("lab.toml", "wrong/triple.py", "wrong/none.py", "lab.toml:31: 'wrong/none.py': there is no such file"),
        ("notebook.py", '"points":10', '"points":-1', "notebook.py:11: nbgrader metadata: points"),
        ("notebook.py", '"points":10,', "", "notebook.py:11: nbgrader metadata: a graded cell needs points"),
        ("notebook.py", '"grade_id":"look"', '"grade_id":"double"', "notebook.py:17: grade_id double is there twice"),
        ("notebook.py", "    ### END SOLUTION\n", "", "notebook.py:11: BEGIN SOLUTION without an END SOLUTION"),
        (
            "notebook.py",
            "double(21)",
            "### BEGIN SOLUTION\n### END SOLUTION",
            "notebook.py:17: a SOLUTION region stands in",
        ),
        ("notebook.py", "return 2 * x", "return 2 *", "notebook.py:14: not valid Python"),
        ("notebook.py", "# 我的报告", "我的报告", "notebook.py:20: a markdown cell has only comment lines"),
        ("notebook.py", "# ---\n", "import os\n# ---\n", "notebook.py:1: there is code before the first `# %%`"),
        (
            "notebook.py",
            '"schema_version":3}',
            '"schema_version":3',
            "notebook.py:11: the value of nbgrader is not JSON",
        ),
        ("notebook.py", "[markdown] nbgrader", "nbgrader", "notebook.py"),
        ("checks.py", "def judge", "def judges", "checks.py: there is no function judge()"),
        ("checks.py", "return []", "return []\n%magic", "checks.py:3: not valid Python"),
        ("checks.py", "return []", "return [", "checks.py:2: not valid Python"),
        ("checks.py", "return []", "return " + "-" * 100_000 + "1", "checks.py:1: not valid Python: nested too deeply"),
        ("wrong/triple.py", "[double]", "[look]", "wrong/triple.py:1: look is no solution cell of the notebook"),
        ("wrong/triple.py", "# %% [double]", "", "wrong/triple.py: has no cells"),
        ("wrong/triple.py", "3 * x", "3 *", "wrong/triple.py:3: not valid Python"),
    ],
)
def test_bad_labs_name_file_and_line(
    file: str, old: str, new: str, problem: str, lab: Path, edit: Edit, complaints: Complaints
) -> None:
    edit(lab / file, old, new)
    if problem == "notebook.py":  # a code cell of comments only is fine: it is graded as it stands
        load_lab(lab)
        return
    assert any(found.startswith(problem) for found in complaints(load_lab, lab))


def test_all_problems_are_reported_at_once(lab: Path, edit: Edit, complaints: Complaints) -> None:
    edit(lab / "lab.toml", 'hint = "twice"', 'hint = "thrice"')
    edit(lab / "notebook.py", "return 2 * x", "return (")
    edit(lab / "checks.py", "def calls", "def call")
    edit(lab / "wrong/triple.py", "3 * x", "3 *")
    (lab / "assets/link").symlink_to("points.csv")
    assert [problem.split(" ")[0] for problem in complaints(load_lab, lab)] == [
        "assets/link:",
        "checks.py:",
        "lab.toml:33:",
        "notebook.py:14:",
        "wrong/triple.py:3:",
    ]


def test_a_linked_notebook_is_not_opened(lab: Path, complaints: Complaints, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("password = (")
    (lab / "notebook.py").unlink()
    (lab / "notebook.py").symlink_to(tmp_path / "secret")
    found = complaints(load_lab, lab)
    assert "notebook.py: is a symlink: packs carry plain files only" in found
    assert not any("valid Python" in problem for problem in found)


def graded(old: str = "", new: str = "", marker: str = "# %%") -> str:
    """A cell line with sound metadata in which one text is replaced."""
    assert old in GRADE
    return f"{marker} {GRADE.replace(old, new)}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\n", "n.py: has no cells"),
        ("# %% setup\nx = 1\n", "n.py:1: after `# %%` stand only"),
        ("# %% tags=[1]\n", "n.py:1: tags must be a list of strings"),
        ('# %% name="x"\n', "n.py:1: unknown cell metadata: name"),
        (f"# %% {GRADE} {GRADE}\n", "n.py:1: nbgrader is given twice"),
        (graded('"grade":true', '"grade":false'), "n.py:1: nbgrader metadata: points belong to graded cells only"),
        (graded('"locked":false', '"locked":true'), "n.py:1: nbgrader metadata: a solution cell can't be locked"),
        (graded("}", ',"cell_type":"markdown"}'), "n.py:1: nbgrader metadata: cell_type is markdown"),
        (graded('"solution":true', '"solution":false', "# %% [markdown]"), "n.py:1: a markdown cell must be graded"),
        (graded('"a"', '"a b"'), "n.py:1: nbgrader metadata: grade_id"),
        (graded('_version":3', '_version":9'), "n.py:1: nbgrader metadata: schema_version"),
        (graded() + "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n", "n.py:1: BEGIN SOLUTION inside"),
        (graded() + "# END SOLUTION\n", "n.py:1: END SOLUTION without"),
        ("# %%\n# BEGIN HIDDEN TESTS\n# END HIDDEN TESTS\n", "n.py:1: a HIDDEN TESTS region stands in"),
    ],
)
def test_bad_notebooks_name_the_cell(text: str, problem: str) -> None:
    with pytest.raises(PackError) as caught:
        read_cells(read_percent(text, "n.py"), "lab", "n.py")
    assert str(caught.value).startswith(problem)


def test_magics_and_top_level_await_are_no_syntax_errors() -> None:
    cells = read_percent("# %%\n%matplotlib inline\nx = 1\n\n# %%\nawait thing()\n", "n.py")
    assert [cell.source for cell in cells] == ["%matplotlib inline\nx = 1", "await thing()"]
