"""The people of a center: list, person, roles, password, membership, audit; and what a manager can't do with them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from shixun.accounts import operations, queries
from shixun.accounts.models import Center, Person, RoleAssignment
from shixun.core.audit import AuditEntry
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid
from shixun.core.permissions import Actor, Role, system_actor
from shixun.testing.factories import PASSWORD, make_center, make_person


@pytest.fixture
def center(app: Any) -> Center:
    made = make_center()
    make_person(made, "zhuren", Role.CENTER_MANAGER, name="吴主任")
    db.session.commit()
    return made


@pytest.fixture
def manager(browser: Any, center: Center) -> Any:
    return browser().sign_in("zhuren")


@pytest.fixture
def trainee(center: Center) -> Person:
    person = make_person(center, "wang.fang", name="王芳")
    db.session.commit()
    return person


def roles(person: Person, center: Center) -> set[Role]:
    return queries.roles_of(person.id, center.id)


def first_password(answer: Any) -> str:
    found = re.search(r'class="first-password">([^<]+)<', answer.get_data(as_text=True))
    assert found, answer.get_data(as_text=True)
    return found[1]


def test_the_list_is_searched_filtered_and_paged(manager: Any, center: Center) -> None:
    for number in range(60):
        make_person(center, f"trainee{number:02}", name=f"学员{number:02}")
    make_person(center, "li.lei", Role.INSTRUCTOR, name="李雷")
    db.session.commit()
    first = manager.get("/c/longyan/people").get_data(as_text=True)
    assert first.count("/c/longyan/people/") > 50
    assert "page=2" in first
    second = manager.get("/c/longyan/people?page=2").get_data(as_text=True)
    assert "学员59" in second
    assert "学员00" not in second
    found = manager.get("/c/longyan/people?q=李").get_data(as_text=True)
    assert "li.lei" in found
    assert "trainee00" not in found
    assert "li.lei" in manager.get("/c/longyan/people?role=instructor").get_data(as_text=True)
    for odd in ("page=999", "page=-1", "page=x", "role=king", "q=%25", "state=x", "q=" + "x" * 500):
        assert manager.get(f"/c/longyan/people?{odd}").status_code == 200
    assert "trainee00" not in manager.get("/c/longyan/people?q=%25").get_data(as_text=True), (
        "% is a letter, no wildcard"
    )


def test_the_list_costs_the_same_for_any_number_of_people(manager: Any, center: Center, count_queries: Any) -> None:
    with count_queries() as few:
        manager.get("/c/longyan/people")
    for number in range(40):
        make_person(center, f"trainee{number:02}")
    db.session.commit()
    with count_queries() as many:
        manager.get("/c/longyan/people")
    assert len(many) == len(few)


def test_adding_a_person_shows_the_first_password_once(manager: Any, browser: Any, center: Center) -> None:
    form = {"name": "李雷", "username": "Li.Lei", "roles": ["trainee", "instructor"]}
    answer = manager.post("/c/longyan/people/new", form)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    password = first_password(answer)
    person = db.session.scalars(db.select(Person).where(Person.username == "li.lei")).one()
    assert roles(person, center) == {Role.TRAINEE, Role.INSTRUCTOR}
    assert password not in manager.get(f"/c/longyan/people/{person.id}").get_data(as_text=True)
    assert browser().sign_in("li.lei", password).get("/").location == "/password"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"username": ""},
        {"username": "zhuren"},
        {"username": "ZHUREN"},
        {"username": "zhurеn"},  # Cyrillic е
        {"name": "王\u202e芳"},
        {"roles": []},
        {"roles": ["platform-administrator"]},
        {"roles": ["king"]},
    ],
)
def test_adding_keeps_what_was_typed_and_says_what_is_wrong(manager: Any, center: Center, changes: Any) -> None:
    form = {"name": "李雷", "username": "li.lei", "roles": ["trainee"], **changes}
    answer = manager.post("/c/longyan/people/new", form)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "alert-danger" in page.split("<template")[0]
    assert 'value="李雷"' in page or 'value="li.lei"' in page
    assert len(queries.members(center.id)) == 1


def test_roles_are_given_and_taken(manager: Any, browser: Any, center: Center, trainee: Person) -> None:
    learner = browser().sign_in("wang.fang")
    assert learner.get("/c/longyan/people").status_code == 403
    where = f"/c/longyan/people/{trainee.id}/roles"
    assert manager.post(where, {"roles": ["trainee", "instructor"]}).status_code == 302
    assert learner.get("/c/longyan/people").status_code == 200, "a role holds from the next click on"
    assert manager.post(where, {"roles": ["trainee"]}).status_code == 302
    assert learner.get("/c/longyan/people").status_code == 403
    for wrong in ([], ["platform-administrator"], ["king"]):
        assert manager.post(where, {"roles": wrong}).status_code == 422
    assert roles(trainee, center) == {Role.TRAINEE}
    given = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "accounts.role.revoked")).one()
    assert (given.target, given.details) == (trainee.id, {"role": "instructor"})


def test_a_center_keeps_a_manager(manager: Any, center: Center) -> None:
    (only, _held), *_rest = queries.members(center.id)
    page = f"/c/longyan/people/{only.id}"
    assert manager.post(page + "/roles", {"roles": ["trainee"]}).status_code == 409
    assert manager.post(page + "/end").status_code == 409
    assert roles(only, center) == {Role.CENTER_MANAGER}
    second = make_person(center, "fuzhuren", Role.CENTER_MANAGER)
    second.disabled_at = now()
    db.session.commit()
    assert manager.post(page + "/end").status_code == 409, "somebody whose account is closed manages nothing"
    second.disabled_at = None
    db.session.commit()
    assert manager.post(page + "/end").status_code == 302
    assert manager.get("/c/longyan/").status_code == 404


def test_a_membership_ends_and_begins_again(manager: Any, browser: Any, center: Center, trainee: Person) -> None:
    learner = browser().sign_in("wang.fang")
    subject = queries.subject_of(trainee.id, center.id)
    page = f"/c/longyan/people/{trainee.id}"
    assert manager.get(page + "/confirm/end").status_code == 200
    assert manager.post(page + "/end").status_code == 302
    assert learner.get("/c/longyan/").status_code == 404
    assert roles(trainee, center) == set()
    assert "wang.fang" not in manager.get("/c/longyan/people").get_data(as_text=True)
    assert "wang.fang" in manager.get("/c/longyan/people?state=former").get_data(as_text=True)
    assert manager.post(page + "/password").status_code == 403, "nobody's account once they left"
    assert manager.post(page + "/roles", {"roles": ["trainee"]}).status_code == 302
    assert learner.get("/c/longyan/").status_code == 200
    assert queries.subject_of(trainee.id, center.id) == subject


def test_a_new_first_password_signs_everybody_out(manager: Any, browser: Any, trainee: Person) -> None:
    learner = browser().sign_in("wang.fang")
    page = f"/c/longyan/people/{trainee.id}"
    assert manager.get(page + "/confirm/password").status_code == 200
    assert manager.get(page + "/confirm/delete").status_code == 404
    password = first_password(manager.post(page + "/password"))
    assert learner.get("/c/longyan/").location.startswith("/sign-in")
    assert browser().post("/sign-in", {"username": "wang.fang", "password": PASSWORD}).status_code == 401
    assert browser().sign_in("wang.fang", password).get("/").location == "/password"


def test_a_password_is_no_way_into_another_center(manager: Any, center: Center, trainee: Person) -> None:
    """A manager who could set it would be whoever that person is elsewhere."""
    other = make_center("xiamen")
    operations.add_member(system_actor(other.id), trainee, other, {Role.CENTER_MANAGER})
    boss = make_person(center, "boss", name="Boss")
    operations.grant_platform_role(system_actor(), boss)
    db.session.commit()
    for person in (trainee, boss):
        assert manager.post(f"/c/longyan/people/{person.id}/password").status_code == 403
        page = manager.get(f"/c/longyan/people/{person.id}")
        assert page.status_code == 200
        assert "xiamen" not in page.get_data(as_text=True)


def test_operations_check_by_themselves(center: Center, trainee: Person) -> None:
    other = make_center("xiamen")
    nobody, elsewhere = Actor(trainee.id, center.id), system_actor(other.id)
    for actor in (nobody, elsewhere):
        for deed in (
            lambda actor=actor: operations.set_roles(actor, center.id, trainee.id, {Role.CENTER_MANAGER}),
            lambda actor=actor: operations.end_membership(actor, center.id, trainee.id),
            lambda actor=actor: operations.reset_password(actor, center.id, trainee.id),
            lambda actor=actor: operations.add_newcomer(actor, center.id, "xx", "X", {Role.TRAINEE}),
            lambda actor=actor: operations.restore_membership(actor, center.id, trainee.id, {Role.TRAINEE}),
        ):
            with pytest.raises(Forbidden):
                deed()
    with pytest.raises(Forbidden):
        operations.create_center(Actor(trainee.id), "x-y", "x", "y")


def test_former_members_get_no_roles_by_the_back_door(center: Center, trainee: Person) -> None:
    operations.end_membership(system_actor(center.id), center.id, trainee.id)
    with pytest.raises(Conflict):
        operations.set_roles(system_actor(center.id), center.id, trainee.id, {Role.TRAINEE})
    with pytest.raises(Invalid):
        operations.restore_membership(system_actor(center.id), center.id, trainee.id, {Role.PLATFORM_ADMINISTRATOR})


def test_names_are_text_and_never_markup(manager: Any, center: Center) -> None:
    made = manager.post(
        "/c/longyan/people/new", {"name": "<b>O'Brien</b> &amp;", "username": "o.brien", "roles": ["trainee"]}
    )
    person = db.session.scalars(db.select(Person).where(Person.username == "o.brien")).one()
    for page in (
        made,
        manager.get("/c/longyan/people"),
        manager.get(f"/c/longyan/people/{person.id}"),
        manager.get("/c/longyan/audit"),
    ):
        text = page.get_data(as_text=True)
        assert "<b>O" not in text
        assert "&lt;b&gt;O&#39;Brien&lt;/b&gt; &amp;amp;" in text


def test_the_audit_trail_is_this_centers_own(manager: Any, browser: Any, center: Center, trainee: Person) -> None:
    stranger = make_person(make_center("xiamen"), "li.lei", name="远方的人")
    db.session.commit()
    manager.post(f"/c/longyan/people/{trainee.id}/roles", {"roles": ["organizer"]})
    page = manager.get("/c/longyan/audit").get_data(as_text=True)
    assert "王芳" in page
    assert "吴主任" in page
    assert stranger.id not in page
    assert "远方的人" not in page
    narrowed = manager.get(f"/c/longyan/audit?action=accounts.role.revoked&person={trainee.id}").get_data(as_text=True)
    assert narrowed.count("<tr") == 2
    for odd in ("action=x", "person=" + stranger.id, "page=77"):
        assert manager.get("/c/longyan/audit?" + odd).status_code == 200


def test_the_platforms_administrator_opens_a_center(browser: Any, app: Any) -> None:
    newcomer = operations.create_administrator("guanli", "平台管理")
    newcomer.person.must_change_password = False
    db.session.commit()
    admin = browser().sign_in("guanli", newcomer.first_password)
    assert admin.get("/").status_code == 200
    form = {"name_zh": "厦门促进中心", "name_en": "Xiamen center", "slug": "xiamen"}
    whole = {**form, "manager_name": "吴主任", "manager_username": "zhuren"}
    for wrong in (
        {"slug": "Xia men"},
        {"slug": "x"},
        {"manager_username": "<"},
        {"manager_name": ""},
        {"name_zh": " "},
    ):
        assert admin.post("/platform/centers/new", {**whole, **wrong}).status_code == 422
        assert db.session.scalars(db.select(Center)).all() == [], "a center without a manager is not left behind"
    made = admin.post("/platform/centers/new", whole)
    assert made.status_code == 200
    manager = browser().sign_in("zhuren", first_password(made))
    assert manager.get("/").location == "/password"
    assert admin.post("/platform/centers/new", whole).status_code == 422, "the short name is taken"
    second = admin.post("/platform/centers/new", {**whole, "slug": "fuzhou"})
    assert second.status_code == 200, "the same manager for a second center"
    assert "first-password" not in second.get_data(as_text=True)
    taken = admin.post("/platform/centers/new", {**whole, "slug": "putian", "manager_name": "别人"})
    assert taken.status_code == 422
    overview = admin.get("/platform/centers").get_data(as_text=True)
    assert "xiamen" in overview
    assert "吴主任" not in overview
    assert admin.get("/c/xiamen/").status_code == 404
    granted = db.session.scalars(db.select(RoleAssignment).where(RoleAssignment.role == Role.CENTER_MANAGER)).all()
    assert len(granted) == 2


def test_ones_own_account(browser: Any, trainee: Person) -> None:
    here, there = browser().sign_in("wang.fang"), browser().sign_in("wang.fang")
    page = here.get("/profile").get_data(as_text=True)
    assert "/profile/sign-out-others" in page
    assert here.post("/profile/sign-out-others").status_code == 302
    assert there.get("/c/longyan/").location.startswith("/sign-in")
    assert here.get("/c/longyan/").status_code == 200
    assert here.post("/profile", {"language": "en"}).status_code == 302
    assert 'lang="en"' in here.get("/profile").get_data(as_text=True)
    assert 'lang="en"' in browser().sign_in("wang.fang").get("/profile").get_data(as_text=True)
    assert here.post("/profile", {"language": "xx"}).status_code == 422
    with time_machine.travel(now() + timedelta(hours=13)):
        again = browser().sign_in("wang.fang").get("/profile").get_data(as_text=True)
        assert "/profile/sign-out-others" not in again
