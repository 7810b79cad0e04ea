"""What contests show on a center's first page."""

from collections.abc import Sequence

from flask import url_for

from shixun.core.i18n import _, local, ngettext
from shixun.core.permissions import Actor, Permission
from shixun.web.home import HomeCard
from shixun.web.times import time_text
from shixun_contests import operations, queries

_MOST = 3


def contest_cards(actor: Actor) -> Sequence[HomeCard]:
    """Contests that one can enter or that are running, and for organizers those whose results wait to be published."""
    if actor.center_id is None or not (actor.may(Permission.CONTEST_ENTER) or actor.may(Permission.CONTEST_MANAGE)):
        return []
    shown = {"open", "running"} | ({"draft", "closed"} if actor.may(Permission.CONTEST_MANAGE) else set())
    found = [contest for contest in queries.contests(actor) if operations.phase(contest) in shown]
    if not found and actor.may(Permission.CONTEST_MANAGE):
        text = _("Choose a pack and the times; teams sign up by themselves.")
        return [HomeCard(_("Contests"), text, url_for("contests.new"), _("Plan a contest"), "trophy")]
    cards = []
    for contest in found[:_MOST]:
        count = queries.entry_count(contest)
        cards.append(
            HomeCard(
                title=local(contest.title),
                text=f"{time_text(contest.starts_at)} – {time_text(contest.ends_at)}",
                url=url_for("contests.contest", contest_id=contest.id),
                action=_("To the contest"),
                icon="trophy",
                figures=[(str(count), ngettext("team", "teams", count))],
            )
        )
    return cards
