"""The people of a center: the list, one person, their roles, password and membership; and the audit trail."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shixun.accounts import audit_queries, operations, queries
from shixun.accounts.audit_labels import LABELS
from shixun.accounts.blueprint import bp
from shixun.accounts.forms import PersonForm, RolesForm
from shixun.accounts.roles import ROLE_HINTS, ROLE_NAMES
from shixun.core.errors import Conflict, Invalid
from shixun.core.i18n import _
from shixun.core.permissions import Permission, Role
from shixun.core.unit_of_work import rollback
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id


def page_number() -> int:
    """The page that the address asks for; anything that is no number is the first."""
    return request.args.get("page", 1, type=int)


@bp.get("/c/<center>/people")
@allow(Permission.PEOPLE_READ)
def people() -> Any:
    search = request.args.get("q", "")[:80]
    role = next((one for one in operations.CENTER_ROLES if one == request.args.get("role")), None)
    former = request.args.get("state") == "former"
    page = queries.member_page(center_id(), search=search, role=role, former=former, number=page_number())
    return render_template(
        "accounts/people.html",
        page=page,
        search=search,
        role=role or "",
        state="former" if former else "",
        role_names=ROLE_NAMES,
        role_options=[(one, ROLE_NAMES[one]) for one in operations.CENTER_ROLES],
    )


@bp.route("/c/<center>/people/new", methods=["GET", "POST"])
@allow(Permission.PEOPLE_MANAGE)
def add_person() -> Any:
    """Make one account; the first password is on the page that answers, and nowhere else."""
    form = PersonForm(roles=[Role.TRAINEE])
    if form.validate_on_submit():
        try:
            newcomer = operations.add_newcomer(
                actor(), center_id(), form.username.data, form.name.data, set(form.roles.data)
            )
        except Invalid as invalid:
            rollback()
            show_errors(form, invalid)
        else:
            return render_template("accounts/first_password.html", newcomer=newcomer, made=True)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/add_person.html", form=form, role_choices=_role_choices()), status


@bp.get("/c/<center>/people/<person_id>")
@allow(Permission.PEOPLE_READ)
def person(person_id: str) -> Any:
    return _person_page(person_id, RolesForm(roles=sorted(queries.roles_of(person_id, center_id()))))


def _person_page(person_id: str, form: RolesForm) -> str:
    member = queries.member(center_id(), person_id)
    held = queries.roles_of(person_id, center_id())
    return render_template(
        "accounts/person.html",
        member=member,
        person=member.person,
        roles=[role for role in Role if role in held],
        form=form,
        role_names=ROLE_NAMES,
        role_choices=_role_choices(),
        last_sign_in=queries.last_sign_in(person_id),
        may_set_password=not queries.belongs_elsewhere(person_id, center_id()),
    )


def _role_choices() -> list[dict[str, Any]]:
    return [{"value": role, "label": ROLE_NAMES[role], "hint": ROLE_HINTS[role]} for role in operations.CENTER_ROLES]


@bp.post("/c/<center>/people/<person_id>/roles")
@allow(Permission.PEOPLE_MANAGE)
def set_roles(person_id: str) -> Any:
    """Give the ticked roles: to a member exactly these, to a former member together with a new membership."""
    form = RolesForm()
    ended = queries.member(center_id(), person_id).ended_at is not None
    change = operations.restore_membership if ended else operations.set_roles
    try:
        if not form.validate_on_submit():
            raise Invalid(_("Choose at least one role."))
        change(actor(), center_id(), person_id, set(form.roles.data))
    except (Invalid, Conflict) as error:
        rollback()
        flash(str(error), "error")
        return _person_page(person_id, form), error.status
    flash(_("The roles are changed and apply at once."), "success")
    return redirect(url_for("accounts.person", person_id=person_id))


@bp.post("/c/<center>/people/<person_id>/password")
@allow(Permission.PEOPLE_MANAGE)
def reset_password(person_id: str) -> str:
    """A new first password, on the page that answers and nowhere else."""
    newcomer = operations.reset_password(actor(), center_id(), person_id)
    return render_template("accounts/first_password.html", newcomer=newcomer, made=False)


@bp.post("/c/<center>/people/<person_id>/end")
@allow(Permission.PEOPLE_MANAGE)
def end_membership(person_id: str) -> Response | tuple[str, int]:
    try:
        operations.end_membership(actor(), center_id(), person_id)
    except Conflict as conflict:
        rollback()
        flash(str(conflict), "error")
        return _person_page(
            person_id, RolesForm(roles=sorted(queries.roles_of(person_id, center_id())))
        ), conflict.status
    flash(_("The membership is ended. What the person did stays in the center's records."), "success")
    return redirect(url_for("accounts.person", person_id=person_id))


@bp.get("/c/<center>/people/<person_id>/confirm/<deed>")
@allow(Permission.PEOPLE_MANAGE)
def confirm_person(person_id: str, deed: str) -> str:
    """The question before a deed, for browsers without JavaScript."""
    name = queries.member(center_id(), person_id).person.name
    questions = {
        "password": (
            _("Make a new first password?"),
            _("The present password of %(name)s stops working and all their browsers are signed out.", name=name),
            _("Make a new first password"),
            "accounts.reset_password",
        ),
        "end": (
            _("End the membership?"),
            _("%(name)s loses all roles in this center at once. The records stay.", name=name),
            _("End the membership"),
            "accounts.end_membership",
        ),
    }
    if deed not in questions:
        abort(404)
    title, text, label, endpoint = questions[deed]
    return render_template(
        "confirm.html",
        title=title,
        text=text,
        label=label,
        action=url_for(endpoint, person_id=person_id),
        cancel_url=url_for("accounts.person", person_id=person_id),
    )


@bp.get("/c/<center>/audit")
@allow(Permission.AUDIT_READ)
def audit() -> str:
    """Who did what in this center."""
    action, person_id = request.args.get("action", "")[:80], request.args.get("person", "")[:20]
    page = audit_queries.audit_page(center_id(), action=action, person_id=person_id, number=page_number())
    return render_template(
        "accounts/audit.html",
        page=page,
        action=action,
        person_id=person_id,
        labels=LABELS,
        role_names=ROLE_NAMES,
        actions=audit_queries.actions(center_id()),
    )
