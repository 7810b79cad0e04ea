"""One good pack of each kind on disk, and a way to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shixun_packs.problems import PackError

COURSE = """\
[course]
slug = "tiny-course"
version = "1.0.0"
title = {zh = "小课", en = "Tiny course"}
summary = {zh = "摘要", en = "Summary"}
audience = ["skilled-worker"]
level = "intro"
field = "industrial-internet"
class_hours = 0.5
goals = {zh = ["会读"], en = ["Read"]}
prerequisites = []

[[unit]]
slug = "first"
title = {zh = "一", en = "One"}
[[unit.item]]
kind = "lesson"
slug = "reading"
file = "lessons/reading.md"
minutes = 10
title = {zh = "读", en = "Reading"}
[[unit.item]]
kind = "quiz"
slug = "last-quiz"
file = "quizzes/last.toml"
minutes = 5
title = {zh = "测", en = "Quiz"}
[[unit.item]]
kind = "lab"
slug = "doing"
lab = "tiny-lab"
minutes = 20
title = {zh = "做", en = "Lab"}
"""

LESSON = """\
+++
summary_en = "What it says."
+++
## 标题

公式 $a^2$ 与图：

![一张图](figures/one.svg)

:::check first-check
:::

```python
print("![not a figure](nowhere.svg)")
```
"""

CHECKS = """\
[[question]]
id = "first-check"
kind = "single"
text = {zh = "几？", en = "How many?"}
explanation = {zh = "二", en = "Two"}
choice = [
  {text = {zh = "一", en = "one"}, why = {zh = "少数了", en = "miscounted"}},
  {text = {zh = "二", en = "two"}, correct = true},
]
"""

QUIZ = """\
[quiz]
slug = "last-quiz"
title = {zh = "测", en = "Quiz"}
pass_percent = 60
draw = 2
minutes = 5
attempts = 3

[[question]]
id = "number"
kind = "numeric"
text = {zh = "多少？", en = "How much?"}
answer = 1.5
tolerance = 0.1
unit = "m"
explanation = {zh = "量", en = "Measure"}

[[question]]
id = "order"
kind = "ordering"
text = {zh = "排序", en = "Order"}
order = [{zh = "一", en = "one"}, {zh = "二", en = "two"}, {zh = "三", en = "three"}]
explanation = {zh = "数", en = "Count"}

[[question]]
id = "word"
kind = "fill"
text = {zh = "填", en = "Fill"}
accept = ["MBAP"]
explanation = {zh = "报文头", en = "The header"}
"""

FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">\n<rect width="5" height="5"/>\n</svg>\n'

LAB = """\
[lab]
slug = "tiny-lab"
version = "0.1.0"
title = {zh = "小实验", en = "Tiny lab"}
summary = {zh = "摘要", en = "Summary"}
minutes = 20
notebook = "notebook.py"
checks = "checks.py"
field = "industrial-internet"

[plant]
kind = "bottling"
protocols = ["modbus"]

[[grade]]
id = "double"
points = 10
title = {zh = "加倍", en = "Double"}

[[grade]]
id = "report"
points = 5
manual = true
title = {zh = "报告", en = "Report"}

[[hint]]
key = "twice"
text = {zh = "乘二", en = "Times two"}

[[wrong]]
file = "wrong/triple.py"
mistake = {zh = "乘三", en = "Tripled"}
hint = "twice"
scores = {double = 4}

[[step]]
title = {zh = "一步", en = "Step"}
text = {zh = "写函数", en = "Write it"}
"""

NOTEBOOK = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, name: python3}
# ---

# %% [markdown]
# # 小实验
#
# 写 `double`。

# %% nbgrader={"grade_id":"double","grade":true,"solution":true,"locked":false,"points":10,"schema_version":3}
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% nbgrader={"grade_id":"look","grade":false,"solution":false,"locked":true,"schema_version":3}
double(21)

# %% [markdown] nbgrader={"grade_id":"report","grade":true,"solution":true,"locked":false,"points":5,"schema_version":3}
# 我的报告
"""

CHECK_CODE = """\
def calls(seed):
    return []


def judge(calls, answers, plant_log):
    return {}
"""

CONTEST = """\
[contest]
slug = "tiny-cup"
version = "1.0.0"
title = {zh = "小杯", en = "Tiny cup"}
summary = {zh = "摘要", en = "Summary"}
format = "sum"
team = {min = 1, max = 3}
minutes = 60
field = "industrial-internet"
divisions = [{slug = "open", title = {zh = "公开组", en = "Open"}}]

[[challenge]]
slug = "frame"
kind = "flag"
points = 100
title = {zh = "报文", en = "Frame"}
text = {zh = "报文 {{frame}}", en = "Frame {{frame}}"}
files = ["challenges/notes.txt"]
flag = {template = "flag{{{pressure}}-{{total}}}"}
[[challenge.value]]
name = "unit"
kind = "integer"
min = 1
max = 247
[[challenge.value]]
name = "pressure"
kind = "decimal"
min = 1.0
max = 9.5
decimals = 2
[[challenge.value]]
name = "total"
kind = "integer"
min = 70000
max = 9000000
[[challenge.value]]
name = "frame"
kind = "modbus-reply"
unit = "unit"
function = 3
data = [{value = "pressure", dtype = "float32", word_order = "little"}, {value = "total", dtype = "uint32"}]

[[challenge]]
slug = "lab"
kind = "notebook"
points = 50
title = {zh = "实验", en = "Lab"}
text = {zh = "做", en = "Do"}
lab = "tiny-lab"
"""

PACKS = {
    "courses/tiny-course": {
        "course.toml": COURSE,
        "lessons/reading.md": LESSON,
        "quizzes/checks.toml": CHECKS,
        "quizzes/last.toml": QUIZ,
        "figures/one.svg": FIGURE,
    },
    "labs/packs/tiny-lab": {
        "lab.toml": LAB,
        "notebook.py": NOTEBOOK,
        "checks.py": CHECK_CODE,
        "wrong/triple.py": "# %% [double]\ndef double(x):\n    return 3 * x\n",
        "assets/points.csv": "a,b\n",
    },
    "competitions/packs/tiny-cup": {"contest.toml": CONTEST, "challenges/notes.txt": "notes\n"},
}

Complaints = Callable[[Callable[[Path], object], Path], list[str]]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A checkout with one good pack of each kind."""
    for folder, files in PACKS.items():
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def course(packs: Path) -> Path:
    return packs / "courses/tiny-course"


@pytest.fixture
def lab(packs: Path) -> Path:
    return packs / "labs/packs/tiny-lab"


@pytest.fixture
def contest(packs: Path) -> Path:
    return packs / "competitions/packs/tiny-cup"


@pytest.fixture
def edit(packs: Path) -> Callable[[Path, str, str], None]:
    """Replace a text that must be in a file, once."""

    def replace(path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {path}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture
def complaints() -> Complaints:
    """What a loader complains of, each as `file:line: message` with the path relative to the pack."""

    def collect(load: Callable[[Path], object], folder: Path) -> list[str]:
        with pytest.raises(PackError) as caught:
            load(folder)
        return [str(problem).removeprefix(f"{folder.as_posix()}/") for problem in caught.value.problems]

    return collect
