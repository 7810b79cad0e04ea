"""Importing a roster, as a center manager's browser does it."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from shixun.accounts import operations, queries, roster_operations
from shixun.accounts.models import Center, Person, RosterImport
from shixun.core.audit import AuditEntry
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.permissions import Role, system_actor
from shixun.testing.factories import make_center, make_person

HEAD = "姓名,登录名,角色\n"


@pytest.fixture
def center(app: Any) -> Center:
    made = make_center()
    make_person(made, "zhuren", Role.CENTER_MANAGER, name="吴主任")
    db.session.commit()
    return made


@pytest.fixture
def manager(browser: Any, center: Center) -> Any:
    return browser().sign_in("zhuren")


def upload(person: Any, text: str | bytes, name: str = "roster.csv") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return person.post(
        "/c/longyan/people/import", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )


def preview(person: Any, text: str) -> tuple[str, str]:
    """The address of the preview and the ticket of its button."""
    answer = upload(person, text)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    page = person.get(answer.location)
    assert page.status_code == 200
    found = re.search(r'name="ticket" value="([^"]+)"', page.get_data(as_text=True))
    return answer.location, found[1] if found else ""


def passwords_of(answer: Any) -> dict[str, str]:
    """Sign-in name → first password of a downloaded file."""
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    return {row[1]: row[2] for row in rows[1:]}


def test_from_file_to_first_sign_in(manager: Any, browser: Any) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n李雷,li.lei,教师\n")
    assert db.session.scalar(db.select(Person).where(Person.username == "wang.fang")) is None, "a preview writes nobody"
    done = manager.post(where + "/confirm", {"ticket": ticket})
    assert done.status_code == 302
    assert where + "/passwords" in manager.get(done.location).get_data(as_text=True)
    handed = manager.post(where + "/passwords")
    assert handed.headers["Content-Disposition"].startswith("attachment")
    assert handed.headers["Cache-Control"] == "no-store"
    passwords = passwords_of(handed)
    assert set(passwords) == {"wang.fang", "li.lei"}
    newcomer = browser().sign_in("wang.fang", passwords["wang.fang"].upper().replace("-", " "))
    assert newcomer.get("/").location == "/password"
    assert newcomer.get("/c/longyan/").location == "/password"
    assert newcomer.post("/profile/sign-out-others").status_code == 403
    own = {
        "old_password": passwords["wang.fang"],
        "password": "stapler under the lake",
        "again": "stapler under the lake",
    }
    assert newcomer.post("/password", own).status_code == 302
    assert newcomer.get("/c/longyan/").status_code == 200
    assert manager.post(where + "/passwords").status_code == 409, "first passwords are handed out once"


def test_problems_are_shown_by_line_and_nothing_is_kept(manager: Any) -> None:
    answer = upload(manager, HEAD + "王芳,wang.fang,校长\n<b>x</b>,z z,\n")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "校长" in page
    assert re.search(r"<td[^>]*><span>3</span>", page)
    assert db.session.scalars(db.select(RosterImport)).all() == []
    assert upload(manager, b"PK\x03\x04").status_code == 422
    assert manager.post("/c/longyan/people/import").status_code == 422


def test_members_get_what_they_lack(manager: Any, center: Center) -> None:
    make_person(center, "li.lei", Role.TRAINEE, name="李雷")
    gone = make_person(center, "han.mei", Role.TRAINEE, name="韩梅")
    operations.end_membership(system_actor(center.id), center.id, gone.id)
    db.session.commit()
    before = db.session.scalars(db.select(Person.password_hash).where(Person.username == "li.lei")).one()
    where, ticket = preview(manager, HEAD + "李雷,li.lei,教师;学员\n吴主任,zhuren,中心管理员\n韩梅,han.mei,\n")
    manager.post(where + "/confirm", {"ticket": ticket})
    roles = {person.username: set(held) for person, held in queries.members(center.id)}
    assert roles["li.lei"] == {Role.TRAINEE, Role.INSTRUCTOR}
    assert roles["zhuren"] == {Role.CENTER_MANAGER}
    assert roles["han.mei"] == {Role.TRAINEE}
    assert db.session.scalars(db.select(Person.password_hash).where(Person.username == "li.lei")).one() == before
    kept = db.session.scalars(db.select(RosterImport)).one()
    assert (kept.created_ids, kept.granted) == ([], 2)


def test_a_name_that_belongs_to_another_is_a_problem(manager: Any, center: Center) -> None:
    make_person(center, "li.lei", name="李雷")
    make_person(make_center("xiamen"), "elsewhere", name="林远")
    db.session.commit()
    answer = upload(manager, HEAD + "李蕾,li.lei,\n林远,elsewhere,\n")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "李雷" in page, "within the center the manager sees whose name it is"
    assert "xiamen" not in page
    center_people = {person.username for person, _roles in queries.members(center.id)}
    assert "elsewhere" not in center_people


def test_confirming_twice_is_confirming_once(manager: Any) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n")
    for _ in range(3):
        assert manager.post(where + "/confirm", {"ticket": ticket}).status_code == 302
    assert len(db.session.scalars(db.select(Person).where(Person.username == "wang.fang")).all()) == 1
    codes = db.session.scalars(db.select(AuditEntry.action)).all()
    assert codes.count("accounts.roster.confirmed") == 1


@pytest.mark.parametrize("ticket", ["", "x", "W10.x.y"])
def test_a_preview_is_confirmed_by_its_own_button(manager: Any, ticket: str) -> None:
    where, _own = preview(manager, HEAD + "王芳,wang.fang,\n")
    _other_where, other = preview(manager, HEAD + "李雷,li.lei,\n")
    for wrong in (ticket, other):
        assert manager.post(where + "/confirm", {"ticket": wrong}).status_code == 409
    assert db.session.scalar(db.select(Person).where(Person.username == "wang.fang")) is None


def test_a_preview_ends_after_half_an_hour(manager: Any) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n")
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert manager.post(where + "/confirm", {"ticket": ticket}).status_code == 409


def test_a_preview_belongs_to_its_uploader_and_center(manager: Any, browser: Any, center: Center) -> None:
    make_person(center, "fuzhuren", Role.CENTER_MANAGER)
    zhuren = db.session.scalars(db.select(Person).where(Person.username == "zhuren")).one()
    other = make_center("xiamen")
    operations.add_member(system_actor(other.id), zhuren, other, {Role.CENTER_MANAGER})
    db.session.commit()
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n")
    colleague = browser().sign_in("fuzhuren")
    assert colleague.get(where).status_code == 404
    assert colleague.post(where + "/confirm", {"ticket": ticket}).status_code == 404
    elsewhere = where.replace("/c/longyan/", "/c/xiamen/")
    assert manager.get(elsewhere).status_code == 404
    assert manager.post(elsewhere + "/confirm", {"ticket": ticket}).status_code == 404
    assert manager.post(where + "/confirm", {"ticket": ticket}).status_code == 302
    assert colleague.post(where + "/passwords").status_code == 404


def test_people_who_changed_since_the_preview_stop_it(manager: Any, center: Center) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n李雷,li.lei,\n")
    make_person(make_center("xiamen"), "li.lei", name="李雷")
    db.session.commit()
    assert manager.post(where + "/confirm", {"ticket": ticket}).status_code == 409
    assert db.session.scalar(db.select(Person).where(Person.username == "wang.fang")) is None, "all or nothing"
    assert db.session.scalars(db.select(RosterImport)).one().confirmed_at is None


def test_a_lost_list_is_made_anew_for_those_who_never_came(manager: Any, browser: Any) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n李雷,li.lei,\n")
    manager.post(where + "/confirm", {"ticket": ticket})
    first = passwords_of(manager.post(where + "/passwords"))
    browser().sign_in("wang.fang", first["wang.fang"])
    assert where + "/reissue" in manager.get(where).get_data(as_text=True)
    assert manager.post(where + "/reissue").status_code == 302
    second = passwords_of(manager.post(where + "/passwords"))
    assert set(second) == {"li.lei"}
    assert browser().post("/sign-in", {"username": "li.lei", "password": first["li.lei"]}).status_code == 401
    browser().sign_in("li.lei", second["li.lei"])


def test_first_passwords_are_in_no_row(manager: Any) -> None:
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n")
    manager.post(where + "/confirm", {"ticket": ticket})
    password = passwords_of(manager.post(where + "/passwords"))["wang.fang"]
    tables = [Person, RosterImport, AuditEntry]
    stored = [
        str(value)
        for table in tables
        for row in db.session.execute(db.select(*table.__table__.columns))
        for value in row
    ]
    assert not any(password in value or password.replace("-", "") in value for value in stored)
    assert db.session.scalars(db.select(RosterImport)).one().secret is None


def test_no_cell_becomes_a_formula(manager: Any) -> None:
    where, ticket = preview(
        manager, HEAD + '"=HYPERLINK(""http://evil"")",wang.fang,\n@SUM(1),li.lei,\n+1,han.mei,\n-2,zhao.yi,\n'
    )
    manager.post(where + "/confirm", {"ticket": ticket})
    rows = list(csv.reader(io.StringIO(manager.post(where + "/passwords").get_data().decode("utf-8-sig"))))
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@")), cell


def test_the_template_speaks_the_language_of_the_page(manager: Any) -> None:
    assert "姓名,登录名,角色" in manager.get("/c/longyan/people/import/template.csv").get_data().decode("utf-8-sig")
    manager.post("/language/en")
    assert "name,sign-in name,roles" in manager.get("/c/longyan/people/import/template.csv").get_data().decode(
        "utf-8-sig"
    )


def test_what_nobody_fetched_is_forgotten(manager: Any) -> None:
    preview(manager, HEAD + "李雷,li.lei,\n")
    where, ticket = preview(manager, HEAD + "王芳,wang.fang,\n")
    manager.post(where + "/confirm", {"ticket": ticket})
    assert len(db.session.scalars(db.select(RosterImport)).all()) == 2
    with time_machine.travel(now() + timedelta(days=8)):
        roster_operations.sweep()
        db.session.commit()
    kept = db.session.scalars(db.select(RosterImport)).one()
    assert kept.secret is None
    assert kept.rows == []


def test_two_thousand_people_travel_in_batches(manager: Any, count_queries: Any) -> None:
    text = HEAD + "".join(f"学员{n},trainee{n},\n" for n in range(2000))
    where, ticket = preview(manager, text)
    with count_queries() as seen:
        assert manager.post(where + "/confirm", {"ticket": ticket}).status_code == 302
    assert len(passwords_of(manager.post(where + "/passwords"))) == 2000
    assert len(seen) < 80
