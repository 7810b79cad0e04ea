"""The ledger's pages: the chain, an entry, corrections, and what an outsider needs to verify it all."""

import json
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from shixun.core.errors import Conflict, Invalid, NotFound
from shixun.core.i18n import _, _l
from shixun.core.permissions import Permission
from shixun.ledger import corrections, export, heads, operations, queries, sealing
from shixun.ledger.chain import genesis
from shixun.ledger.downloads import attachment
from shixun.ledger.forms import ReversalForm
from shixun.ledger.kinds import parse_instant
from shixun.ledger.labels import FIELDS, KINDS, SOURCES
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id, may

bp = Blueprint("ledger", __name__, template_folder="templates")
bp.add_app_template_filter(parse_instant, "instant")
PAGE = 50


@bp.get("/c/<center>/ledger")
@allow(Permission.LEDGER_READ)
def overview() -> str:
    number = max(request.args.get("page", 1, type=int), 1)
    entries, total = queries.page(center_id(), number, PAGE)
    signed = heads.latest()
    body = json.loads(signed.canonical) if signed is not None else None
    own = next((item for item in body["heads"] if item["chain"] == genesis(center_id())), None) if body else None
    waiting = queries.corrections(center_id())
    return render_template(
        "ledger/overview.html",
        entries=entries,
        page=number,
        pages=max(1, -(-total // PAGE)),
        total=total,
        head=sealing.head(center_id()),
        waiting=sealing.waiting(center_id()),
        signed=signed,
        signed_body=body,
        signed_head=own,
        corrections=waiting,
        asked_by=queries.names_of({item.requested_by for item in waiting}),
        people=_people([entry.subject_id for entry in entries]),
        kinds=KINDS,
    )


@bp.get("/c/<center>/ledger/entries/<entry_id>")
@allow(Permission.LEDGER_READ)
def entry(entry_id: str) -> str:
    return _entry_page(entry_id, ReversalForm())


def _entry_page(entry_id: str, form: ReversalForm) -> str:
    found = queries.entry(center_id(), entry_id)
    requests = queries.corrections(center_id(), entry_id)
    names = queries.names_of({person for item in requests for person in (item.requested_by, item.decided_by) if person})
    return render_template(
        "ledger/entry.html",
        entry=found,
        data=_in_order(found.data),
        person=_people([found.subject_id]).get(found.subject_id or ""),
        reversal=operations.find(center_id(), "entry.reversed", found.id),
        corrections=requests,
        names=names,
        form=form,
        kinds=KINDS,
        sources=SOURCES,
        fields=FIELDS,
    )


@bp.post("/c/<center>/ledger/entries/<entry_id>/reversal")
@allow(Permission.LEDGER_CORRECT)
def ask_reversal(entry_id: str) -> Any:
    form = ReversalForm()
    if form.validate_on_submit():
        try:
            corrections.request(actor(), entry_id, form.reason.data)
        except Invalid as invalid:
            show_errors(form, invalid)
        except Conflict as conflict:
            flash(str(conflict), "error")
        else:
            flash(_("The reversal is requested. A second person has to approve it."), "success")
            return redirect(url_for("ledger.entry", entry_id=entry_id))
    return _entry_page(entry_id, form), 422


@bp.post("/c/<center>/ledger/corrections/<correction_id>/<decision>")
@allow(Permission.LEDGER_CORRECT)
def decide(correction_id: str, decision: str) -> Any:
    if decision not in {"approve", "refuse"}:
        raise NotFound(_l("There is no such page."))
    done = corrections.decide(actor(), correction_id, approve=decision == "approve")
    if done.approved:
        flash(_("The entry is reversed. Figures follow when the reversal is sealed."), "success")
    else:
        flash(_("The request is refused. The entry stands."), "success")
    return redirect(url_for("ledger.entry", entry_id=done.entry_id))


@bp.get("/c/<center>/ledger/export.jsonl")
@allow(Permission.LEDGER_READ)
def download() -> Response:
    """The whole chain as the offline verifier reads it."""
    name = f"ledger-{g.center.slug}.jsonl"
    return attachment(lambda file: export.write(g.center, file), name, "application/jsonl")


@bp.get("/c/<center>/ledger/heads.json")
@allow(Permission.LEDGER_READ)
def latest_heads() -> Response:
    """The newest signed head list, as it is published."""
    signed = heads.latest()
    if signed is None:
        raise NotFound(_l("No head list was signed yet."))
    text = json.dumps(heads.document(signed), ensure_ascii=False, indent=1)
    name = f"heads-{signed.number:08d}.json"
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _in_order(data: dict[str, Any]) -> dict[str, Any]:
    """Facts in the order that people expect; the canonical record has them by name."""
    known = {name: data[name] for name in FIELDS if name in data}
    return {**known, **data}


def _people(subject_ids: list[str | None]) -> dict[str, Any]:
    """Subject → person, for whoever may see the center's people; nobody else learns names here."""
    if not may(Permission.PEOPLE_READ):
        return {}
    return dict(queries.people_of(center_id(), [one for one in subject_ids if one]))
