"""Pages of contests: the list, one contest, its challenges, its standings, and what organizers do."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from wtforms.fields.choices import SelectChoice

from shixun.core.errors import Invalid, NotFound
from shixun.core.i18n import _, language, local
from shixun.core.live_tickets import events_url
from shixun.core.permissions import Permission
from shixun.curriculum.rendering import render_text
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun.web.times import zone
from shixun_contests import operations, queries, standings
from shixun_contests.forms import ContestForm, EntryForm, FlagForm, JoinForm
from shixun_contests.models import Contest, Entry
from shixun_contests.packs import pack_of
from shixun_packs.contest import challenge_text

bp = Blueprint("contests", __name__, template_folder="templates")
ONE = "/c/<center>/contests/<contest_id>"


@bp.get("/c/<center>/contests")
@allow(Permission.CONTEST_READ)
def index() -> Any:
    found = [
        (contest, operations.phase(contest), queries.entry_count(contest)) for contest in queries.contests(actor())
    ]
    return render_template("contests/index.html", contests=found)


@bp.route("/c/<center>/contests/new", methods=["GET", "POST"])
@allow(Permission.CONTEST_MANAGE)
def new() -> Any:
    form = ContestForm()
    packs = {pack.digest: pack for pack in queries.packs()}
    form.pack.choices = [SelectChoice(digest, local(pack.title)) for digest, pack in packs.items()]
    if form.validate_on_submit():
        plan = operations.ContestPlan(
            _instant(form.starts_at.data),
            _instant(form.ends_at.data),
            _instant(form.freeze_at.data) if form.freeze_at.data else None,
        )
        try:
            contest = operations.create_contest(actor(), center_id(), packs[form.pack.data], plan)
            return redirect(url_for("contests.contest", contest_id=contest.id), 303)
        except Invalid as invalid:
            show_errors(form, invalid)
    return render_template("contests/new.html", form=form, packs=packs), 422 if form.is_submitted() else 200


def _instant(naive: datetime) -> datetime:
    """A time typed in a form is meant in the center's zone."""
    return naive.replace(tzinfo=zone())


@bp.get(ONE)
@allow(Permission.CONTEST_READ)
def contest(contest_id: str) -> Any:
    return _page(queries.contest_of(actor(), contest_id))


def _page(contest: Contest, entry_form: EntryForm | None = None, join_form: JoinForm | None = None) -> Any:
    entry = operations.entry_of(actor(), contest)
    form = entry_form or EntryForm()
    form.division.choices = _divisions(contest)
    submitted = entry_form is not None or join_form is not None
    return render_template(
        "contests/contest.html",
        contest=contest,
        phase=operations.phase(contest),
        entry=entry,
        cells=queries.cells(entry.id) if entry else {},
        entries=queries.entries(contest) if actor().may(Permission.CONTEST_MANAGE) else [],
        count=queries.entry_count(contest),
        entry_form=form,
        join_form=join_form or JoinForm(),
        stream=events_url(standings.board_channel(contest.id)),
    ), 422 if submitted else 200


def _divisions(contest: Contest) -> list[SelectChoice]:
    return [SelectChoice(division["slug"], local(division["title"])) for division in contest.divisions]


@bp.post(ONE + "/open")
@allow(Permission.CONTEST_MANAGE)
def open_contest(contest_id: str) -> Any:
    operations.open_contest(actor(), queries.contest_of(actor(), contest_id))
    flash(_("Teams can sign up now."), "success")
    return redirect(url_for("contests.contest", contest_id=contest_id), 303)


@bp.post(ONE + "/publish")
@allow(Permission.CONTEST_MANAGE)
def publish(contest_id: str) -> Any:
    standings.publish_results(actor(), queries.contest_of(actor(), contest_id))
    flash(_("The results are published and recorded."), "success")
    return redirect(url_for("contests.board", contest_id=contest_id), 303)


@bp.post(ONE + "/entries")
@allow(Permission.CONTEST_ENTER)
def sign_up(contest_id: str) -> Any:
    contest = queries.contest_of(actor(), contest_id)
    form = EntryForm()
    form.division.choices = _divisions(contest)
    if form.validate():
        try:
            operations.create_entry(actor(), contest, form.name.data, form.division.data)
            return redirect(url_for("contests.contest", contest_id=contest_id), 303)
        except Invalid as invalid:
            show_errors(form, invalid)
    return _page(contest, entry_form=form)


@bp.post(ONE + "/join")
@allow(Permission.CONTEST_ENTER)
def join(contest_id: str) -> Any:
    contest = queries.contest_of(actor(), contest_id)
    form = JoinForm()
    if form.validate():
        try:
            operations.join(actor(), contest, form.invite.data)
            return redirect(url_for("contests.contest", contest_id=contest_id), 303)
        except Invalid as invalid:
            show_errors(form, invalid)
    return _page(contest, join_form=form)


@bp.route(ONE + "/challenges/<slug>", methods=["GET", "POST"])
@allow(Permission.CONTEST_ENTER)
def challenge(contest_id: str, slug: str) -> Any:
    """A flag challenge as one team sees it; nothing of it is shown before the window opens."""
    contest = queries.contest_of(actor(), contest_id)
    entry = operations.playing(actor(), contest)
    found = operations.challenge_of(contest, slug)
    if found.kind != "flag":
        return redirect(url_for("contests.lab", contest_id=contest_id, slug=slug), 303)
    form = FlagForm()
    if form.validate_on_submit():
        attempt = operations.answer_flag(actor(), contest, slug, form.answer.data)
        if attempt.right:
            flash(_("Right. The points are yours."), "success")
            return redirect(url_for("contests.contest", contest_id=contest_id), 303)
        form.answer.errors = [_("That is not it. Check the byte order, the scale and the spelling, then try again.")]
        return render_template("contests/challenge.html", form=form, **_task(contest, entry, slug))
    return render_template("contests/challenge.html", form=form, **_task(contest, entry, slug)), (
        422 if form.is_submitted() else 200
    )


def _task(contest: Contest, entry: Entry, slug: str) -> dict[str, Any]:
    pack_challenge, values = operations.team_task(contest, entry.id, slug)
    found = operations.challenge_of(contest, slug)
    return {
        "contest": contest,
        "entry": entry,
        "challenge": found,
        "solved": standings.cell_of(entry.id, found.id),
        "html": render_text(challenge_text(pack_challenge, values, language())),
        "files": pack_challenge.files,
    }


@bp.get(ONE + "/challenges/<slug>/files/<path:path>")
@allow(Permission.CONTEST_ENTER)
def file(contest_id: str, slug: str, path: str) -> Any:
    """A file that a challenge hands out, during the contest."""
    contest = queries.contest_of(actor(), contest_id)
    operations.playing(actor(), contest)
    pack = pack_of(contest.pack_digest)
    handed_out = {name for known in pack.challenges if known.slug == slug for name in known.files}
    if path not in handed_out:
        raise NotFound(_("There is no such file."))
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return pack.files[path], 200, {**headers, "Content-Type": "application/octet-stream"}


@bp.get(ONE + "/board")
@allow(Permission.CONTEST_READ)
def board(contest_id: str) -> Any:
    """The standings: frozen for the public, whole for organizers."""
    contest = queries.contest_of(actor(), contest_id)
    audience = standings.RESTRICTED if actor().may(Permission.CONTEST_MANAGE) else standings.PUBLIC
    entry = operations.entry_of(actor(), contest)
    latest = standings.latest_board(contest.id, audience)
    data = latest.json if latest else standings.build(contest, audience)
    return render_template(
        "contests/board.html",
        contest=contest,
        phase=operations.phase(contest),
        tables=_tables(contest, data),
        data=data,
        own=entry.id if entry else None,
        audience=audience,
        stream=events_url(standings.board_channel(contest.id)),
    )


def _tables(contest: Contest, data: dict[str, Any]) -> list[dict[str, Any]]:
    """A board as the standings macro takes it: one table a division."""
    full = {challenge.slug: challenge.points for challenge in contest.challenges}
    return [
        {
            "title": local(division["title"]),
            "rows": [
                {**row, "cells": {slug: _cell(points, full[slug]) for slug, points in row["cells"].items()}}
                for row in data["divisions"].get(division["slug"], [])
            ],
        }
        for division in contest.divisions
    ]


def _cell(points: float, full: float) -> dict[str, Any]:
    return {"points": points, "state": "full" if points >= full else "part" if points > 0 else "none"}
