"""Sign-in and out, the person's own pages, the people of a center."""

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shixun.accounts import browser, operations, queries
from shixun.accounts.forms import PasswordForm, SignInForm
from shixun.core.errors import Invalid
from shixun.core.i18n import _, _l
from shixun.core.permissions import Access, Permission, Role
from shixun.core.unit_of_work import commit
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, center_id
from shixun.web.views import local_path

bp = Blueprint("accounts", __name__, template_folder="templates")

ROLE_NAMES = {
    Role.TRAINEE: _l("Trainee"),
    Role.INSTRUCTOR: _l("Instructor"),
    Role.ORGANIZER: _l("Contest organizer"),
    Role.CENTER_MANAGER: _l("Center manager"),
    Role.PLATFORM_ADMINISTRATOR: _l("Platform administrator"),
}


@bp.get("/")
@allow(Access.PUBLIC)
def home() -> Any:
    """Straight to the one center; a choice where there are several."""
    if g.person is None:
        return redirect(url_for("accounts.sign_in"))
    if g.person.must_change_password:
        return redirect(url_for("accounts.password"))
    centers = queries.centers_of(g.person.id)
    if len(centers) == 1:
        return redirect(url_for("accounts.center_home", center=centers[0].slug))
    return render_template("accounts/home.html", centers=centers)


@bp.route("/sign-in", methods=["GET", "POST"])
@allow(Access.PUBLIC)
def sign_in() -> Any:
    form = SignInForm()
    target = local_path(request.values.get("next"))
    if form.validate_on_submit():
        try:
            token = operations.sign_in(form.username.data, form.password.data, request.headers.get("User-Agent", ""))
        except operations.SignInRefused as refused:
            commit()  # the failure itself must be remembered
            return render_template("accounts/sign_in.html", form=form, next=target, refused=str(refused), demo=_demo()), 401
        chosen = session.get("language")
        session.clear()  # a session that somebody planted before is worth nothing after
        session[browser.KEY] = token
        if chosen:
            session["language"] = chosen
        return redirect(target)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/sign_in.html", form=form, next=target, refused=None, demo=_demo()), status


def _demo() -> bool:
    return bool(current_app.config["SETTINGS"].demo)


@bp.post("/sign-out")
@allow(Access.SIGNED_IN)
def sign_out() -> Response:
    token = browser.token()
    if token is not None:
        operations.sign_out(token)
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen
    return redirect(url_for("accounts.sign_in"))


@bp.route("/password", methods=["GET", "POST"])
@allow(Access.SIGNED_IN)
def password() -> Any:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            operations.change_password(
                actor(), g.person, form.old_password.data, form.password.data, keep_token=browser.token() or ""
            )
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(_("Your password is changed. Other browsers were signed out."), "success")
            return redirect(url_for("accounts.home"))
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/password.html", form=form), status


@bp.get("/c/<center>/")
@allow(Permission.CENTER_ENTER)
def center_home() -> Any:
    """The first page of a center: what there is to do, by role. Features add their cards through `home_cards`."""
    cards = [card for source in current_app.extensions["shixun-home-cards"] for card in source(actor())]
    return render_template("accounts/center_home.html", cards=cards)


@bp.get("/c/<center>/people")
@allow(Permission.PEOPLE_READ)
def people() -> Any:
    search = request.args.get("q", "")[:80]
    found = queries.members(center_id(), search)
    return render_template("accounts/people.html", people=found, search=search, role_names=ROLE_NAMES)
