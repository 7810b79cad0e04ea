"""A form lab in the run of `world`, for tests of its page."""

from typing import Any

from shixun.core import blobs
from shixun.core.db import db
from shixun.curriculum.models import CourseItem, Lab, LabVersion
from shixun.enrolment.models import Run
from shixun_packs.digest import bundle_files

FORM: list[dict[str, Any]] = [
    {
        "id": "availability",
        "grade": "availability",
        "kind": "number",
        "label": {"zh": "灌装机的可用率", "en": "Availability of the filler"},
        "help": {"zh": "保留一位小数", "en": "One decimal"},
        "unit": {"zh": "%", "en": "%"},
    },
    {
        "id": "bottleneck",
        "grade": "machines",
        "kind": "choice",
        "label": {"zh": "瓶颈是哪台机器？", "en": "Which machine is the bottleneck?"},
        "help": None,
        "option": [
            {"id": "filler", "text": {"zh": "灌装机", "en": "Filler"}},
            {"id": "capper", "text": {"zh": "封盖机", "en": "Capper"}},
        ],
    },
    {
        "id": "waited",
        "grade": "machines",
        "kind": "multiple",
        "label": {"zh": "哪些机器在等？", "en": "Which machines waited?"},
        "help": None,
        "option": [
            {"id": "filler", "text": {"zh": "灌装机", "en": "Filler"}},
            {"id": "capper", "text": {"zh": "封盖机", "en": "Capper"}},
        ],
    },
    {
        "id": "minutes",
        "grade": "machines",
        "kind": "number",
        "label": {"zh": "最长停机", "en": "Longest stop"},
        "help": None,
        "unit": {"zh": "分钟", "en": "min"},
    },
    {"id": "share", "grade": "machines", "kind": "number", "label": {"zh": "占比", "en": "Share"}, "help": None, "unit": None},
    {
        "id": "why",
        "grade": "note",
        "kind": "text",
        "label": {"zh": "为什么？", "en": "Why?"},
        "help": None,
        "most": 60,
    },
]  # fmt: skip


def make_form_lab(run_id: str) -> LabVersion:
    """The lab `read-a-plant`, as the item `factory` of the run's course."""
    digest = blobs.put(bundle_files({"lab.toml": b"[lab] # a form\n"}))
    lab = Lab(slug="read-a-plant", current_digest=digest)
    db.session.add(lab)
    db.session.flush()
    version = LabVersion(
        lab_id=lab.id,
        digest=digest,
        version="1.0.0",
        rendering=1,
        title={"zh": "看懂一座工厂", "en": "Reading a factory"},
        summary={"zh": "读一条灌装线的一个班次。", "en": "Read one shift of a bottling line."},
        minutes=60,
        field="industrial-internet",
        has_checks=True,
        plant={"kind": "bottling", "protocols": [], "speed": 1.0, "log": "none", "recorded": True},
        limits={"run_seconds": 60, "check_seconds": 30, "memory_mb": 512, "output_kb": 256},
        grades=[
            {"id": name, "points": 10.0, "title": {"zh": name, "en": name}, "manual": name == "note"}
            for name in ("availability", "machines", "note")
        ],
        hints={"as-share": {"zh": "单位是百分数", "en": "In per cent"}},
        steps=[{"title": {"zh": "看画面", "en": "Look"}, "html": {"zh": "<p>看。</p>", "en": "<p>Look.</p>"}}],
        form=FORM,
        release_digest=blobs.put(bundle_files({})),
    )
    db.session.add(version)
    run = db.session.get_one(Run, run_id)
    db.session.add(
        CourseItem(
            version_id=run.course_version_id,
            position=1,
            unit=0,
            kind="lab",
            slug="factory",
            title={"zh": "看懂一座工厂", "en": "Reading a factory"},
            minutes=60,
            lab_slug="read-a-plant",
        )
    )
    db.session.commit()
    return version
