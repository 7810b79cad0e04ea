"""The form of a lab without code, on its page: what is kept, keeping more of it, and handing it in."""

import json
import uuid
from typing import Any

from flask import flash, g, jsonify, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _
from shixun.curriculum.models import LabVersion
from shixun.web.routing import actor
from shixun.workbench import answers, operations
from shixun.workbench.desks import Desk
from shixun.workbench.models import LabWork


def version_of(desk: Desk) -> tuple[LabWork | None, LabVersion]:
    """The present person's work at the desk and the version that it is pinned to; before any work, the present one."""
    work = operations.existing_work(g.person.id, desk.seat)
    return work, work.lab if work is not None else desk.seat.lab


def shown(work: LabWork | None, version: LabVersion) -> dict[str, Any]:
    """What the page's template needs of the form."""
    typed, saved_at = answers.saved(work)
    _values, faults = answers.read(version.form, typed)
    return {"fields": version.form, "typed": typed, "faults": faults, "saved_at": saved_at}


def get(desk: Desk) -> Response:
    """What is kept, for a page that comes back into view: another device may have gone on."""
    work, version = version_of(desk)
    _with_form(version)
    return jsonify(_state(work, version))


def save(desk: Desk) -> Response:
    """Keep answers: JSON `{writer, turn, answers: {field: [texts]}}`, or the same as form field `sent` (from `sendBeacon`)."""
    work, version = version_of(desk)
    _with_form(version)
    try:
        sent = request.get_json(silent=True) if request.is_json else json.loads(request.form.get("sent", ""))
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or type(sent.get("turn")) is not int:
        raise Invalid(_("The request could not be understood. Go back, reload the page and try again."))
    typed = answers.take(version.form, sent.get("answers"))
    work = answers.save(actor(), desk.seat, typed, str(sent.get("writer", "")), sent["turn"])
    return jsonify(_state(work, version))


def submit(desk: Desk) -> Any:
    """Hand in: keep what the form holds, then send all of it, unless something in it can't be read."""
    _work, version = version_of(desk)
    work = answers.save(actor(), desk.seat, _from_form(version, request.form), uuid.uuid4().hex, 0)
    try:
        answers.hand_in(actor(), work, request.form.get("key") or uuid.uuid4().hex)
    except Invalid as invalid:  # the answers stay saved: the page shows what is wrong with them
        flash(str(invalid.message), "error")
        return redirect(desk.url("lab") + f"#field-{next(iter(invalid.fields), version.form[0]['id'])}", 303)
    flash(_("Handed in. The result appears below as soon as it is graded."), "success")
    return redirect(desk.url("lab") + "#submissions", 303)


def _from_form(version: LabVersion, form: "MultiDict[str, str]") -> answers.Typed:
    """The fields that the page sent: the whole form, so that an unchecked box is an empty answer."""
    if "whole" not in form:
        return {}
    return answers.take(version.form, {field["id"]: form.getlist(f"f-{field['id']}") for field in version.form})


def _with_form(version: LabVersion) -> None:
    if not version.form:
        raise Conflict(_("This lab has no form."))


def _state(work: LabWork | None, version: LabVersion) -> dict[str, Any]:
    typed, saved_at = answers.saved(work)
    _values, faults = answers.read(version.form, typed)
    return {
        "answers": {field["id"]: typed.get(field["id"], []) for field in version.form},
        "faults": {field: str(fault) for field, fault in faults.items()},
        "saved": bool(saved_at),
    }
