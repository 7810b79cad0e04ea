"""Cards on a center's first page: what a trainee goes on with, what an instructor looks after."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.i18n import _, local, ngettext
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.models import CourseVersion
from shixun.curriculum.panels import Panel
from shixun.enrolment import items, meetings, queries
from shixun.enrolment.models import Enrolment, Meeting
from shixun.web.home import HomeCard

_MOST = 4  # runs of one person that stand on the first page


def for_trainees(actor: Actor) -> Sequence[HomeCard]:
    """Class meetings that one can check in to, then the runs under way."""
    if actor.center_id is None or not actor.may(Permission.COURSE_LEARN):
        return []
    enrolments = [
        enrolment
        for enrolment in queries.own_enrolments(actor, actor.center_id)
        if queries.state_of(enrolment.run) is queries.RunState.RUNNING
    ]
    if not enrolments:
        return [
            HomeCard(
                title=_("Courses"),
                text=_("You take part in no course right now. See what this center teaches."),
                url=url_for("curriculum.catalogue"),
                action=_("See the courses"),
                icon="library",
            )
        ]
    return [*_meetings_now(enrolments), *(_run_card(enrolment) for enrolment in enrolments[:_MOST])]


def _meetings_now(enrolments: Sequence[Enrolment]) -> list[HomeCard]:
    instant = now()
    query = select(Meeting).where(
        Meeting.run_id.in_([enrolment.run_id for enrolment in enrolments]),
        Meeting.starts_at <= instant + meetings.EARLY,
        Meeting.ends_at > instant,
    )
    return [
        HomeCard(
            title=meeting.title,
            text=_("Your class meets now. Check in with the code on the screen."),
            url=url_for("meetings.check_in", run=meeting.run_id, meeting=meeting.id),
            action=_("Check in"),
            icon="users",
        )
        for meeting in db.session.scalars(query)
    ]


def _run_card(enrolment: Enrolment) -> HomeCard:
    version = enrolment.run.version
    standing = queries.standings(version, [enrolment.id])[enrolment.id]
    coming = queries.next_item(version, standing)
    address = items.url(enrolment.run, coming) if coming is not None else None
    return HomeCard(
        title=local(enrolment.run.title),
        text=_("Next: %(item)s", item=local(coming.title)) if coming else _("You are through with all of it."),
        url=address or url_for("learning.run", run=enrolment.run_id),
        action=_("Go on") if address else _("To the course"),
        icon="book-open",
        figures=[(f"{standing.done}/{standing.items}", _("items done"))],
        progress=standing.share,
    )


def for_instructors(actor: Actor) -> Sequence[HomeCard]:
    """The runs under way."""
    if actor.center_id is None or not actor.may(Permission.RUN_MANAGE):
        return []
    running = queries.runs(actor.center_id, queries.RunState.RUNNING)
    mine = [pair for pair in running if any(one.id == actor.person_id for one in pair[0].instructors)] or running
    if not mine:
        return [
            HomeCard(
                title=_("Runs"),
                text=_("No run is under way. Plan one: a course, its dates, its trainees."),
                url=url_for("runs.index"),
                action=_("To the runs"),
                icon="calendar",
            )
        ]
    return [
        HomeCard(
            title=local(run.title),
            text=ngettext("%(num)d trainee takes part.", "%(num)d trainees take part.", taken),
            url=url_for("runs.show", run=run.id),
            action=_("Look after this run"),
            icon="users",
        )
        for run, taken in mine[:_MOST]
    ]


def course_panel(actor: Actor, version: CourseVersion) -> Panel | None:
    """On a course's page: runs that one takes part in, can join or can plan."""
    if actor.center_id is None:
        return None
    own = {}
    if actor.may(Permission.COURSE_LEARN):
        own = {enrolment.run_id: enrolment for enrolment in queries.own_enrolments(actor, actor.center_id)}
    rows = [
        {
            "run": run,
            "state": queries.state_of(run),
            "mine": run.id in own,
            "left": None if run.capacity is None else max(0, run.capacity - taken),
        }
        for run, taken in queries.joinable(actor.center_id, version.course_id)
    ]
    return Panel("enrolment/_course_runs.html", {"rows": rows, "course": version.course})
