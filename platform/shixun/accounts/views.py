"""Sign-in and out, and the person's own pages."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shixun.accounts import browser, demo, queries, sessions
from shixun.accounts.agents import browser_name
from shixun.accounts.blueprint import bp
from shixun.accounts.forms import LanguageForm, PasswordForm, SignInForm
from shixun.accounts.roles import ROLE_NAMES
from shixun.core.errors import Invalid
from shixun.core.i18n import _, language, ngettext
from shixun.core.ids import token_hash
from shixun.core.permissions import Access, Permission
from shixun.core.unit_of_work import commit
from shixun.web.forms import show_errors
from shixun.web.routing import actor, allow, may
from shixun.web.views import local_path


@bp.get("/")
@allow(Access.PUBLIC)
def home() -> Any:
    """Straight to the one center; a choice where there are several."""
    if g.person is None:
        return redirect(url_for("accounts.sign_in"))
    if g.person.must_change_password:
        return redirect(url_for("accounts.password"))
    centers = queries.centers_of(g.person.id)
    platform = may(Permission.CENTERS_MANAGE)
    if len(centers) == 1 and not platform:
        return redirect(url_for("accounts.center_home", center=centers[0].slug))
    return render_template("accounts/home.html", centers=centers, platform=platform)


@bp.route("/sign-in", methods=["GET", "POST"])
@allow(Access.PUBLIC)
def sign_in() -> Any:
    form = SignInForm()
    target = local_path(request.values.get("next"))
    refused, status = None, 200
    if form.validate_on_submit():
        try:
            token = sessions.sign_in(form.username.data, form.password.data, request.headers.get("User-Agent", ""))
        except sessions.SignInRefused as refusal:
            commit()  # the failure itself must be remembered
            refused, status = str(refusal), refusal.status
        else:
            _start_session(token)
            return redirect(target)
    elif form.is_submitted():
        status = 422
    offered = demo.SIGN_INS if current_app.config["SETTINGS"].demo else []
    return render_template("accounts/sign_in.html", form=form, next=target, refused=refused, demo=offered), status


def _start_session(token: str | None) -> None:
    """Begin with an empty cookie session: what somebody planted before is worth nothing after. Only the language stays."""
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen
    if token is not None:
        session[browser.KEY] = token


@bp.post("/sign-out")
@allow(Access.SIGNED_IN)
def sign_out() -> Response:
    token = browser.token()
    if token is not None:
        sessions.sign_out(token)
    at_the_hub = session.get(browser.AT_THE_HUB)
    _start_session(None)
    if at_the_hub:  # it has a cookie of its own, and sends the person back to our front page
        return redirect(current_app.config["SETTINGS"].labs_url + "/hub/logout")
    return redirect(url_for("accounts.sign_in"))


@bp.route("/password", methods=["GET", "POST"])
@allow(Access.SIGNED_IN)
def password() -> Any:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            sessions.change_password(
                actor(), g.person, form.old_password.data, form.password.data, keep_token=browser.token() or ""
            )
        except Invalid as invalid:
            show_errors(form, invalid)
        else:
            flash(_("Your password is changed. Other browsers were signed out."), "success")
            return redirect(url_for("accounts.home"))
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/password.html", form=form, must=g.person.must_change_password), status


@bp.route("/profile", methods=["GET", "POST"])
@allow(Access.SIGNED_IN)
def profile() -> Any:
    """One's own account: name, centers and roles, language, browsers that are signed in."""
    form = LanguageForm(language=g.person.language or language())
    if form.validate_on_submit():
        sessions.set_language(g.person, form.language.data)
        session["language"] = form.language.data
        flash(_("Your language is saved."), "success")
        return redirect(url_for("accounts.profile"))
    here = token_hash(browser.token() or "")
    signed_in = [(browser_name(one.browser), one, one.id == here) for one in queries.open_sessions(g.person.id)]
    centers = [(center, queries.roles_of(g.person.id, center.id)) for center in queries.centers_of(g.person.id)]
    page = render_template(
        "accounts/profile.html", form=form, sessions=signed_in, centers=centers, role_names=ROLE_NAMES
    )
    return page, 422 if form.is_submitted() else 200


@bp.post("/profile/sign-out-others")
@allow(Access.SIGNED_IN)
def sign_out_others() -> Response:
    count = sessions.sign_out_others(actor(), keep_token=browser.token() or "")
    flash(
        ngettext("%(num)d other browser was signed out.", "%(num)d other browsers were signed out.", count), "success"
    )
    return redirect(url_for("accounts.profile"))


@bp.get("/c/<center>/")
@allow(Permission.CENTER_ENTER)
def center_home() -> Any:
    """The first page of a center: what there is to do, by role. Features add their cards through `home_cards`."""
    cards = [card for source in current_app.extensions["shixun-home-cards"] for card in source(actor())]
    return render_template("accounts/center_home.html", cards=cards)
