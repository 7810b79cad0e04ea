"""Routes of notebook challenges: a lab as in a course, in the team's name and within the contest's window."""

from typing import Any

from flask import Blueprint, url_for

from shixun.core.i18n import local
from shixun.core.permissions import Permission
from shixun.web.routing import actor, allow
from shixun.workbench import answer_pages, pages
from shixun.workbench.desks import Desk
from shixun.workbench.operations import Seat
from shixun.workbench.seats import lab_version
from shixun_contests import operations, queries

ONE = "/c/<center>/contests/<contest_id>/labs/<slug>"


def _desk(contest_id: str, slug: str) -> Desk:
    contest = queries.contest_of(actor(), contest_id)
    entry = operations.playing(actor(), contest)
    challenge = operations.challenge_of(contest, slug)
    seat = Seat(contest.center_id, "contest", contest.id, slug, entry.id, lab_version(challenge.lab_slug or ""))
    return Desk(
        seat=seat,
        title=local(challenge.title),
        back_url=url_for("contests.contest", contest_id=contest_id),
        prefix="contests.",
        arguments={"contest_id": contest_id, "slug": slug},
    )


def register(bp: Blueprint) -> None:
    """Add the routes to the contests' blueprint."""
    actions: dict[str, tuple[str, Any, Permission]] = {
        "": ("GET", pages.show, Permission.CONTEST_ENTER),
        "/state": ("GET", pages.state, Permission.CONTEST_ENTER),
        "/submissions": ("GET", pages.submissions, Permission.CONTEST_ENTER),
        "/start": ("POST", pages.start, Permission.CONTEST_ENTER),
        "/stop": ("POST", pages.stop, Permission.CONTEST_ENTER),
        "/submit": ("POST", pages.submit, Permission.CONTEST_ENTER),
        "/answers": ("GET", answer_pages.get, Permission.CONTEST_ENTER),
    }
    for suffix, (method, action, permission) in actions.items():
        bp.add_url_rule(ONE + suffix, suffix[1:] or "lab", _view(action, permission), methods=[method])
    save = _view(answer_pages.save, Permission.CONTEST_ENTER)
    bp.add_url_rule(ONE + "/answers", "save_answers", save, methods=["POST"])


def _view(action: Any, permission: Permission) -> Any:
    @allow(permission)
    def view(contest_id: str, slug: str) -> Any:
        return action(_desk(contest_id, slug))

    return view
