"""`shixun demo`: a demo center with one sign-in per role, a course to start at once, and a run that plans three minutes."""

from sqlalchemy import select

from shixun.accounts import operations as accounts
from shixun.accounts.models import Center, Person
from shixun.commands.demo_people import ADMINISTRATOR, CENTER, PASSWORD, SIGN_INS
from shixun.core.db import db
from shixun.core.permissions import system_actor

DEMO_COURSE = "demo-first-steps"


def ensure_people() -> Center:
    """The demo center and its people; what is there stays as it is."""
    center = db.session.scalar(select(Center).where(Center.slug == CENTER))
    if center is None:
        center = accounts.create_center(system_actor(), CENTER, "示范工业互联网人才促进中心", "Demo talent center")
    actor = system_actor(center.id)
    for username, name, roles in SIGN_INS:
        if _person(username) is None:
            person = accounts.create_person(actor, username, name, PASSWORD, must_change=False)
            accounts.add_member(actor, person, center, roles)
    username, name = ADMINISTRATOR
    if _person(username) is None:
        accounts.grant_platform_role(actor, accounts.create_person(actor, username, name, PASSWORD, must_change=False))
    return center


def _person(username: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.username == username))
