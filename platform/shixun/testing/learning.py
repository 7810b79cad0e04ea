"""A small course with everything a course can have, and runs of it, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from shixun.accounts.models import Center, Person
from shixun.core.clock import now
from shixun.core.permissions import system_actor
from shixun.curriculum import operations as curriculum
from shixun.curriculum.models import CourseVersion
from shixun.curriculum.syncing import sync_course
from shixun.enrolment import operations
from shixun.enrolment.models import Enrolment, Run
from shixun.enrolment.operations import RunPlan

COURSE = """
[course]
slug = "pumps"
version = "1.0.0"
title = {zh = "水泵", en = "Pumps"}
summary = {zh = "水泵怎样工作", en = "How pumps work"}
audience = ["skilled-worker"]
level = "intro"
field = "industrial-internet"
class_hours = 2
goals = {zh = ["看懂曲线"], en = ["Read a curve"]}
[[unit]]
slug = "basics"
title = {zh = "基础", en = "Basics"}
[[unit.item]]
kind = "lesson"
slug = "curve"
file = "lessons/curve.md"
minutes = 20
title = {zh = "特性曲线", en = "The curve"}
[[unit.item]]
kind = "quiz"
slug = "curve-quiz"
file = "quizzes/curve.toml"
minutes = 10
title = {zh = "曲线小测", en = "Curve quiz"}
[[unit.item]]
kind = "lesson"
slug = "end"
file = "lessons/end.md"
minutes = 5
title = {zh = "结束", en = "The end"}
"""
LESSON = """+++
summary_en = "What a pump curve says."
+++

## 流量与扬程

流量 $Q$ 与扬程 $H$。

$$
H = H_0 - k Q^2
$$

![水泵曲线](figures/curve.svg)

```python
head = 30 - 0.2 * flow ** 2
```

:::check which-axis
:::

结束。
"""
END = """+++
summary_en = "The end."
+++

就这些。
"""
CHECKS = """
[[question]]
id = "which-axis"
kind = "single"
text = {zh = "横轴是什么？", en = "What is on the x axis?"}
choice = [
  {text = {zh = "流量", en = "Flow"}, correct = true},
  {text = {zh = "扬程", en = "Head"}, why = {zh = "扬程在纵轴", en = "Head is on the y axis"}},
]
explanation = {zh = "横轴是流量。", en = "Flow is on the x axis."}
"""
QUIZ = """
[quiz]
slug = "curve-quiz"
title = {zh = "曲线小测", en = "Curve quiz"}
pass_percent = 60
draw = 0
minutes = 10
attempts = 2
[[question]]
id = "one"
kind = "single"
text = {zh = "选一个", en = "Pick one"}
choice = [
  {text = {zh = "对的选项", en = "The right one"}, correct = true},
  {text = {zh = "错的选项", en = "A wrong one"}, why = {zh = "错因甲", en = "Mistake A"}},
  {text = {zh = "也错的选项", en = "Another wrong one"}, why = {zh = "错因乙", en = "Mistake B"}},
]
explanation = {zh = "单选解释", en = "Because single"}
[[question]]
id = "some"
kind = "multiple"
text = {zh = "选几个", en = "Pick some"}
choice = [
  {text = {zh = "一", en = "First"}, correct = true},
  {text = {zh = "二", en = "Second"}, correct = true},
  {text = {zh = "三", en = "Third"}, why = {zh = "错因丙", en = "Mistake C"}},
]
explanation = {zh = "多选解释", en = "Because multiple"}
[[question]]
id = "number"
kind = "numeric"
text = {zh = "多少？", en = "How much?"}
answer = 41.75
tolerance = 0.25
unit = "m"
explanation = {zh = "数值解释", en = "Because numeric"}
[[question]]
id = "steps"
kind = "ordering"
text = {zh = "排序", en = "Order"}
order = [{zh = "甲步", en = "Alpha"}, {zh = "乙步", en = "Beta"}, {zh = "丙步", en = "Gamma"}]
explanation = {zh = "排序解释", en = "Because ordering"}
[[question]]
id = "word"
kind = "fill"
text = {zh = "填空", en = "Fill in"}
accept = ["Kavitation42", "气蚀"]
explanation = {zh = "填空解释", en = "Because fill"}
"""
FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0L10 10"/></svg>'
FILES = {
    "course.toml": COURSE,
    "lessons/curve.md": LESSON,
    "lessons/end.md": END,
    "quizzes/checks.toml": CHECKS,
    "quizzes/curve.toml": QUIZ,
    "figures/curve.svg": FIGURE,
}


def write_course(parent: Path, changed: Mapping[str, str] | None = None) -> Path:
    """Write the course pack `pumps` below `parent`, some files with other content."""
    folder = parent / "pumps"
    for path, text in {**FILES, **(changed or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def make_course(center: Center, parent: Path, changed: Mapping[str, str] | None = None) -> CourseVersion:
    """The course `pumps`, synced and offered by the center."""
    version = sync_course(system_actor(), write_course(parent, changed))
    curriculum.offer(system_actor(center.id), center.id, version.course)
    return version


def make_run(center: Center, version: CourseVersion, *, opened: bool = True, **plan: Any) -> Run:
    """A run that began an hour ago and lasts ten days, open unless told otherwise; `plan` as in `RunPlan`."""
    defaults = RunPlan("水泵一班", "Pumps, first run", now() - timedelta(hours=1), now() + timedelta(days=10))
    run = operations.create_run(system_actor(center.id), center.id, version, replace(defaults, **plan))
    if opened:
        operations.open_run(system_actor(center.id), run)
    return run


def make_enrolment(run: Run, person: Person) -> Enrolment:
    """The person takes part in the run."""
    return operations.enrol(system_actor(run.center_id), run, [person.id])[0]
