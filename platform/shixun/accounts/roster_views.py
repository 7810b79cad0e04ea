"""Importing a roster: template, upload, preview, confirmation, first passwords."""

from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, url_for
from flask import flash as show
from itsdangerous import BadSignature, URLSafeTimedSerializer

from shixun.accounts import roster, roster_operations, spreadsheets
from shixun.accounts.blueprint import bp
from shixun.accounts.forms import RosterForm
from shixun.accounts.models import RosterImport
from shixun.accounts.people_views import page_number
from shixun.accounts.roles import ROLE_NAMES
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _, language, ngettext
from shixun.core.permissions import Permission
from shixun.core.unit_of_work import rollback
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id

_SHOWN = 100  # rows on one page of the preview, and problems on the page that refuses a file


@bp.route("/c/<center>/people/import", methods=["GET", "POST"])
@allow(Permission.PEOPLE_MANAGE)
def roster_upload() -> Any:
    """Choose a file. A file with problems is answered with all of them, and nothing of it is kept."""
    form = RosterForm()
    problems: list[roster.Problem] = []
    if form.validate_on_submit():
        upload = form.file.data
        try:
            rows, problems = roster.read(upload.read(roster.MAX_BYTES + 1))
            problems += roster_operations.plan(center_id(), rows)[1]
            if not problems:
                kept = roster_operations.preview(actor(), center_id(), rows, upload.filename or "")
                return redirect(url_for("accounts.roster_preview", import_id=kept.id))
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
    page = render_template(
        "accounts/roster.html",
        form=form,
        problems=sorted(problems, key=lambda one: one.line)[:_SHOWN],
        more=max(0, len(problems) - _SHOWN),
        field_names=roster.FIELD_NAMES,
        recent=roster_operations.recent(actor(), center_id()),
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/c/<center>/people/import/template.csv")
@allow(Permission.PEOPLE_MANAGE)
def roster_template() -> Response:
    """A file to fill in, in the language of the page."""
    rows = [roster.TEMPLATE_HEADERS[language()], roster.TEMPLATE_EXAMPLE[language()]]
    return _download(spreadsheets.csv_bytes(rows), "roster.csv")


def _download(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, mimetype="text/csv", headers=headers)


@bp.get("/c/<center>/people/import/<import_id>")
@allow(Permission.PEOPLE_MANAGE)
def roster_preview(import_id: str) -> Any:
    """Before confirmation: what would be written. After: what was, and the first passwords."""
    kept = roster_operations.own_import(actor(), center_id(), import_id)
    if kept.confirmed_at is not None:
        waiting = len(roster_operations.waiting(kept))
        return render_template("accounts/roster_done.html", kept=kept, waiting=waiting)
    planned, problems = roster_operations.plan(center_id(), roster_operations.rows_of(kept))
    pages = max(1, -(-len(planned) // _SHOWN))
    number = min(max(1, page_number()), pages)
    effects = [one.effect for one in planned]
    return render_template(
        "accounts/roster_preview.html",
        kept=kept,
        rows=planned[(number - 1) * _SHOWN : number * _SHOWN],
        number=number,
        pages=pages,
        total=len(planned),
        counts={effect: effects.count(effect) for effect in roster_operations.Effect},
        stale=bool(problems),
        ticket=_signer().dumps([kept.id, g.person.id]),
        role_names=ROLE_NAMES,
    )


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="shixun.accounts.roster.confirm")


@bp.post("/c/<center>/people/import/<import_id>/confirm")
@allow(Permission.PEOPLE_MANAGE)
def roster_confirm(import_id: str) -> Any:
    """Write it, if the button was that of this very preview."""
    kept = roster_operations.own_import(actor(), center_id(), import_id)
    if kept.confirmed_at is None and not _is_ticket(request.form.get("ticket", ""), kept):
        raise Conflict(_("This preview is older than half an hour. Upload the file again."))
    kept = roster_operations.confirm(actor(), center_id(), import_id)
    return redirect(url_for("accounts.roster_preview", import_id=kept.id))


def _is_ticket(ticket: str, kept: RosterImport) -> bool:
    life = int(roster_operations.PREVIEW_LIFE.total_seconds())
    try:
        return bool(_signer().loads(ticket, max_age=life) == [kept.id, g.person.id])
    except BadSignature:
        return False


@bp.post("/c/<center>/people/import/<import_id>/passwords")
@allow(Permission.PEOPLE_MANAGE)
def roster_passwords(import_id: str) -> Response:
    """The first passwords as a file, once."""
    pairs = roster_operations.hand_out(actor(), center_id(), import_id)
    header = [_("Name"), _("Sign-in name"), _("First password"), _("Address")]
    address = current_app.config["SETTINGS"].public_url
    rows = [[person.name, person.username, password, address] for person, password in pairs]
    return _download(spreadsheets.csv_bytes([header, *rows]), "first-passwords.csv")


@bp.post("/c/<center>/people/import/<import_id>/reissue")
@allow(Permission.PEOPLE_MANAGE)
def roster_reissue(import_id: str) -> Response:
    """New first passwords for those who never signed in."""
    count = roster_operations.reissue(actor(), center_id(), import_id)
    show(ngettext("%(num)d new first password is ready.", "%(num)d new first passwords are ready.", count), "success")
    return redirect(url_for("accounts.roster_preview", import_id=import_id))  # type: ignore[return-value]
