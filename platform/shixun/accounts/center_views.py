"""The centers of the platform, for whoever looks after the platform."""

from typing import Any

from flask import render_template

from shixun.accounts import operations, queries
from shixun.accounts.blueprint import bp
from shixun.accounts.forms import CenterForm
from shixun.core.errors import Invalid
from shixun.core.permissions import Permission
from shixun.core.unit_of_work import rollback
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow


@bp.get("/platform/centers")
@allow(Permission.CENTERS_MANAGE)
def centers() -> str:
    return render_template("accounts/centers.html", rows=queries.center_rows())


@bp.route("/platform/centers/new", methods=["GET", "POST"])
@allow(Permission.CENTERS_MANAGE)
def open_center() -> Any:
    """Open a center with its first manager, whose first password is on the page that answers."""
    form = CenterForm()
    if form.validate_on_submit():
        try:
            opened, newcomer = operations.open_center(
                actor(),
                form.slug.data.strip(),
                form.name_zh.data,
                form.name_en.data,
                manager_username=form.manager_username.data,
                manager_name=form.manager_name.data,
            )
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
        else:
            return render_template("accounts/center_opened.html", opened=opened, newcomer=newcomer)
    return render_template("accounts/open_center.html", form=form), 422 if form.is_submitted() else 200
