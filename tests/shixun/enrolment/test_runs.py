"""Runs: planning, opening, who takes part, and what the ledger is told."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.permissions import Role, system_actor
from shixun.enrolment import operations, queries
from shixun.enrolment.models import Enrolment, Run
from shixun.enrolment.operations import RunPlan
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_center, make_person
from shixun.testing.learning import LESSON, make_course, make_run

PLAN = RunPlan("一班", "First", now() - timedelta(hours=1), now() + timedelta(days=5))


def ledger(kind: str) -> list[LedgerEntry]:
    return list(db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == kind)))


def test_opening_writes_the_plan_to_the_ledger_once(house: Any) -> None:
    entry = ledger("run.opened")[0]
    assert entry.data == {
        "run_id": house.run.id,
        "course": "pumps",
        "course_version": house.version.digest,
        "title": {"zh": "水泵一班", "en": "Pumps, first run"},
        "planned_minutes": 90,
        "class_hour_minutes": 45,
        "pass_share": 0.6,
        "field": "industrial-internet",
        "audience": ["skilled-worker"],
        "meetings": 0,
    }
    operations.open_run(house.teacher, house.run)
    assert len(ledger("run.opened")) == 1


def test_who_is_on_the_list_before_the_opening_is_enrolled_by_it(house: Any) -> None:
    draft = make_run(house.center, house.version, opened=False)
    operations.enrol(house.teacher, draft, [house.trainee.id])
    assert len(ledger("run.enrolled")) == 1  # the house's own
    with pytest.raises(NotFound):
        queries.own_enrolment(house.learner, house.center.id, draft.id)
    operations.open_run(house.teacher, draft)
    assert {entry.data["run_id"] for entry in ledger("run.enrolled")} == {house.run.id, draft.id}
    assert queries.own_enrolment(house.learner, house.center.id, draft.id)


def test_enrolling_twice_is_once_and_withdrawn_comes_back(house: Any) -> None:
    operations.enrol(house.teacher, house.run, [house.trainee.id])
    operations.withdraw(house.teacher, house.enrolment)
    with pytest.raises(NotFound):
        queries.own_enrolment(house.learner, house.center.id, house.run.id)
    operations.enrol(house.teacher, house.run, [house.trainee.id])
    assert queries.own_enrolment(house.learner, house.center.id, house.run.id).id == house.enrolment.id
    assert len(ledger("run.enrolled")) == 1
    assert len(db.session.scalars(db.select(Enrolment)).all()) == 1


def test_places_are_limited(house: Any) -> None:
    people = [make_person(house.center, f"p{number}") for number in range(3)]
    run = make_run(house.center, house.version, capacity=2, self_enrolment=True)
    operations.enrol(house.teacher, run, [people[0].id])
    with pytest.raises(Conflict):
        operations.enrol(house.teacher, run, [people[1].id, people[2].id])
    assert operations.places_taken(run) == 1
    operations.enrol_self(house.learner, run)
    operations.enrol_self(house.learner, run)
    assert operations.places_taken(run) == 2
    with pytest.raises(Invalid) as error:
        operations.edit_run(house.teacher, run, replace(PLAN, starts_at=run.starts_at, capacity=1))
    assert "capacity" in error.value.fields


def test_joining_needs_an_open_invitation(house: Any) -> None:
    closed = make_run(house.center, house.version)
    with pytest.raises(Conflict):
        operations.enrol_self(house.learner, closed)
    draft = make_run(house.center, house.version, opened=False, self_enrolment=True)
    with pytest.raises(NotFound):
        operations.enrol_self(house.learner, draft)
    over = make_run(house.center, house.version, self_enrolment=True)
    over.starts_at, over.ends_at = now() - timedelta(days=9), now() - timedelta(days=1)
    with pytest.raises(Conflict):
        operations.enrol_self(house.learner, over)
    with pytest.raises(Forbidden):
        operations.enrol_self(house.teacher, house.run)


def test_only_trainees_of_this_center_are_enrolled(house: Any) -> None:
    stranger = make_person(make_center("xiamen"), "stranger")
    for nobody in (stranger.id, house.instructor.id, "nobody"):
        with pytest.raises(Invalid):
            operations.enrol(house.teacher, house.run, [nobody])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title_zh": "  "}, "title_zh"),
        ({"title_en": "x" * 121}, "title_en"),
        ({"ends_at": PLAN.starts_at}, "ends_at"),
        ({"ends_at": PLAN.starts_at + timedelta(days=9999)}, "ends_at"),
        ({"pass_share": 0.0}, "pass_share"),
        ({"pass_share": 1.5}, "pass_share"),
        ({"planned_minutes": 3}, "planned_minutes"),
        ({"planned_minutes": -90}, "planned_minutes"),
        ({"planned_minutes": 10**12}, "planned_minutes"),
        ({"capacity": 0}, "capacity"),
        ({"kind": "demo"}, "kind"),
        ({"instructor_ids": ["nobody"]}, "instructor_ids"),
    ],
)
def test_plans_that_cannot_be(house: Any, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        operations.create_run(house.teacher, house.center.id, house.version, replace(PLAN, **change))
    assert field in error.value.fields


def test_a_demo_run_may_plan_three_minutes_but_only_the_platform_makes_one(house: Any) -> None:
    run = make_run(house.center, house.version, kind="demo", planned_minutes=3)
    assert ledger("run.opened")[-1].data["planned_minutes"] == 3
    assert run.counts


def test_what_hours_are_counted_by_is_fixed_once_opened(house: Any) -> None:
    same = replace(PLAN, starts_at=house.run.starts_at)
    for change, field in (({"planned_minutes": 45}, "planned_minutes"), ({"pass_share": 0.1}, "pass_share")):
        with pytest.raises(Invalid) as error:
            operations.edit_run(house.teacher, house.run, replace(same, **change))
        assert field in error.value.fields
    with pytest.raises(Invalid) as error:
        operations.edit_run(house.teacher, house.run, replace(same, starts_at=now() - timedelta(days=3)))
    assert "starts_at" in error.value.fields
    operations.edit_run(house.teacher, house.run, replace(same, title_zh="新名字"))
    assert house.run.title["zh"] == "新名字"


def test_a_course_that_is_not_offered_has_no_runs(house: Any) -> None:
    other = make_center("xiamen")
    with pytest.raises(NotFound):
        operations.create_run(system_actor(other.id), other.id, house.version, PLAN)


def test_who_has_started_stays_on_their_version(house: Any, tmp_path: Path) -> None:
    new = make_course(house.center, tmp_path / "new", {"lessons/curve.md": LESSON + "\n新的一段。\n"})
    assert new.id != house.version.id
    assert queries.own_enrolment(house.learner, house.center.id, house.run.id).run.version.id == house.version.id


def form(**changes: Any) -> dict[str, Any]:
    return {
        "title_zh": "三班",
        "title_en": "Third",
        "starts_on": now().date().isoformat(),
        "ends_on": (now().date() + timedelta(days=9)).isoformat(),
        "planned_minutes": "90",
        "pass_percent": "60",
        **changes,
    }


def test_an_instructor_plans_changes_and_opens_a_run(house: Any, browser: Any) -> None:
    person = browser().sign_in("jiaoshi")
    assert "水泵" in person.get("/c/longyan/runs/new").get_data(as_text=True)
    page = person.post("/c/longyan/runs/new?course=pumps", form(instructor_ids=house.instructor.id, self_enrolment="y"))
    assert page.status_code == 302, page.get_data(as_text=True)
    run_id = page.location.rsplit("/", 1)[1]
    assert person.post(f"/c/longyan/runs/{run_id}/edit", form(title_zh="四班")).status_code == 302
    assert person.get(f"/c/longyan/runs/{run_id}/open").status_code == 200
    assert db.session.get_one(Run, run_id).opened_at is None
    assert person.post(f"/c/longyan/runs/{run_id}/open").status_code == 302
    run = db.session.get_one(Run, run_id)
    assert run.title == {"zh": "四班", "en": "Third"}
    assert run.opened_at is not None
    assert run.ends_at - run.starts_at == timedelta(days=10)
    assert person.get(f"/c/longyan/runs/{run_id}/edit").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"title_zh": ""},
        {"starts_on": "yesterday"},
        {"starts_on": "0001-01-01"},
        {"ends_on": "9999-12-31"},
        {"ends_on": "2020-01-01"},
        {"planned_minutes": "many"},
        {"planned_minutes": "9" * 400},
        {"pass_percent": "0"},
        {"capacity": "-1"},
        {"instructor_ids": "nobody"},
    ],
)
def test_wrong_fields_say_so_and_nothing_is_retyped(house: Any, browser: Any, wrong: dict[str, str]) -> None:
    page = browser().sign_in("jiaoshi").post("/c/longyan/runs/new?course=pumps", form(title_en="Kept title", **wrong))
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert "Kept title" in text
    assert "field-error" in text
    assert len(db.session.scalars(db.select(Run)).all()) == 1


def test_pages_of_a_run_for_instructors(house: Any, browser: Any) -> None:
    person = browser().sign_in("jiaoshi")
    run = house.run.id
    for path in (
        "",
        f"/{run}",
        f"/{run}/trainees",
        f"/{run}/trainees/{house.enrolment.id}",
        "?state=ended",
        "?state=x",
    ):
        assert person.get(f"/c/longyan/runs{path}").status_code == 200
    new = make_person(house.center, "chen", name="陈明")
    db.session.commit()
    assert "陈明" in person.get(f"/c/longyan/runs/{run}/trainees?q=陈").get_data(as_text=True)
    assert person.post(f"/c/longyan/runs/{run}/trainees", {"person": new.id}).status_code == 302
    assert "陈明" in person.get(f"/c/longyan/runs/{run}").get_data(as_text=True)
    assert person.post(f"/c/longyan/runs/{run}/trainees", {"person": "nobody"}).status_code == 422
    path = f"/c/longyan/runs/{run}/trainees/{house.enrolment.id}/withdraw"
    assert "王芳" in person.get(path).get_data(as_text=True)
    assert person.post(path).status_code == 302
    assert "王芳" not in person.get(f"/c/longyan/runs/{run}").get_data(as_text=True).split("</header>")[-1]


def test_other_centers_runs_are_not_found(house: Any, browser: Any) -> None:
    other = make_center("xiamen")
    make_person(other, "fremd", Role.INSTRUCTOR, Role.TRAINEE)
    db.session.commit()
    person = browser().sign_in("fremd")
    run, enrolment = house.run.id, house.enrolment.id
    for path in (
        f"runs/{run}",
        f"runs/{run}/edit",
        f"runs/{run}/open",
        f"runs/{run}/trainees",
        f"runs/{run}/trainees/{enrolment}",
        f"runs/{run}/meetings/new",
        f"learn/{run}",
        f"learn/{run}/lessons/curve",
        f"learn/{run}/quizzes/curve-quiz",
    ):
        assert person.get(f"/c/xiamen/{path}").status_code == 404, path
        assert person.get(f"/c/longyan/{path}").status_code == 404, path
    for path in (f"runs/{run}/open", f"learn/{run}/join", f"runs/{run}/trainees/{enrolment}/withdraw"):
        assert person.post(f"/c/xiamen/{path}").status_code == 404, path
    assert person.get("/c/xiamen/courses/pumps").status_code == 404
    assert person.get("/c/xiamen/runs/new?course=pumps").status_code == 404


def test_trainees_manage_nothing(house: Any, browser: Any) -> None:
    person = browser().sign_in("xueyuan")
    for path in ("runs", "runs/new", f"runs/{house.run.id}", "courses/_library", "courses/pumps/preview/curve"):
        assert person.get(f"/c/longyan/{path}").status_code == 403, path


def test_a_run_page_asks_the_database_as_often_for_thirty_trainees_as_for_one(
    house: Any, browser: Any, count_queries: Any
) -> None:
    person = browser().sign_in("jiaoshi")
    with count_queries() as one:
        person.get(f"/c/longyan/runs/{house.run.id}")
    people = [make_person(house.center, f"many{number}") for number in range(5)]
    operations.enrol(house.teacher, house.run, [each.id for each in people])
    db.session.commit()
    with count_queries() as many:
        person.get(f"/c/longyan/runs/{house.run.id}")
    assert len(many) == len(one)
