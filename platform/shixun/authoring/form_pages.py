"""One form on a page of its own: saved, or shown again with what is wrong, or beside what somebody else has saved."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from shixun.authoring import forms
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale
from shixun.authoring.views import home_of
from shixun.core.errors import Conflict, Invalid
from shixun.core.unit_of_work import rollback
from shixun.web.forms import show_errors


def form_page(
    form: Any, draft: Draft, heading: str, stored: Mapping[str, Any] | None, save: Callable[[], str], intro: str = ""
) -> ResponseReturnValue:
    """Show a form, or `save` what it says and go to the address that this returns. `stored` are the fields as they are now."""
    theirs = None
    if form.validate_on_submit():
        try:
            address = save()
        except Stale as stale:
            theirs = other_values(form, stored or {})
            form.base.data = stale.digest
        except Conflict as conflict:
            rollback()
            flash(str(conflict), "error")
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
        else:
            return redirect(address)
    page = render_template(
        "authoring/part_form.html",
        form=form,
        draft=draft,
        heading=heading,
        intro=intro,
        theirs=theirs,
        home=home_of(draft),
    )
    return page, 409 if theirs is not None else 422 if form.is_submitted() else 200


def other_values(form: Any, stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, what is stored now) of each field in which the form says something else."""
    found = []
    for field in form:
        now = stored.get(field.short_name)
        if field.short_name not in {"base", "csrf_token"} and now is not None and _shown(field.data) != _shown(now):
            found.append((field.label.text, _shown(now)))
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else "\n".join(forms.lines_of(str(value)))
