"""Question banks of a draft: quizzes and the questions in lessons, written by form or brought in from a file."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shixun.authoring import banks, forms, labels, question_forms
from shixun.authoring.banks import Bank
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, digest_of
from shixun.authoring.outline_views import STEPS
from shixun.authoring.views import home_of, the_draft
from shixun.core.errors import NotFound
from shixun.core.i18n import _, _l, local
from shixun.core.permissions import Permission
from shixun.web.routing import actor, allow
from shixun_packs.problems import PackError

bp = Blueprint("questions", __name__, template_folder="templates")


def the_bank(draft_id: str, key: str) -> tuple[Draft, Bank]:
    """A question file of a draft, or `NotFound`."""
    draft = the_draft(draft_id, "course")
    return draft, banks.bank(draft, key)


def title_of(bank: Bank) -> str:
    """The name of a bank for pages."""
    return local(bank.item.title.model_dump()) if bank.item else _("Questions in lessons")


def trail_of(draft: Draft, bank: Bank, here: str | None = None) -> list[tuple[str, str | None]]:
    """The way to a bank, or to a page `here` of it."""
    trail: list[tuple[str, str | None]] = [
        (_("Authoring"), url_for("authoring.index")),
        (local(draft.title), home_of(draft)),
    ]
    address = url_for("questions.show", draft=draft.id, bank=bank.key)
    return trail + ([(title_of(bank), address), (here, None)] if here else [(title_of(bank), None)])


@bp.get("/c/<center>/authoring/<draft>/questions/<bank>")
@allow(Permission.COURSE_AUTHOR)
def show(draft: str, bank: str) -> str:
    """All questions of a bank as trainees see them, with the answers."""
    found, here = the_bank(draft, bank)
    unreadable, listed = [], []
    try:
        listed = banks.entries(found, here)
    except PackError as error:
        unreadable = error.problems
    return render_template(
        "authoring/questions.html",
        draft=found,
        bank=here,
        entries=listed,
        unreadable=unreadable,
        rules=banks.rules(found, here) if here.item else None,
        title=title_of(here),
        trail=trail_of(found, here),
        labels=labels,
    )


@bp.route("/c/<center>/authoring/<draft>/questions/<bank>/new/<kind>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def new(draft: str, bank: str, kind: str) -> ResponseReturnValue:
    """Write a question. From a lesson (`lesson`), the way leads back to it."""
    found, here = the_bank(draft, bank)
    if kind not in question_forms.KINDS:
        raise NotFound(_l("There is no such page."))
    _readable(found, here)
    lesson = request.args.get("lesson", "")
    if request.method == "GET":
        return _form(found, here, question_forms.QuestionForm(kind=kind).padded())
    form = question_forms.read(kind, request.form)
    if "more" in request.form:
        return _form(found, here, form.padded(4))
    question = question_forms.build(form, banks.free_id(found, here, form.text_en))
    if question is None:
        return _form(found, here, form.padded()), 422
    banks.add(actor(), found, here, [question])
    flash(_("The question is saved."), "success")
    if lesson:
        return redirect(url_for("lessons.edit", draft=draft, item=lesson) + "#checks")
    return redirect(url_for("questions.show", draft=draft, bank=bank) + f"#q-{question.id}")


def _readable(draft: Draft, bank: Bank) -> None:
    try:
        banks.entries(draft, bank)
    except PackError:
        raise NotFound(_l("This file can't be read as it is: mend it as text first.")) from None


@bp.route("/c/<center>/authoring/<draft>/questions/<bank>/edit/<question>", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def edit(draft: str, bank: str, question: str) -> ResponseReturnValue:
    """Change a question."""
    found, here = the_bank(draft, bank)
    present = banks.entry(found, here, question)
    if present.question is None:
        return redirect(url_for("files.edit", draft=draft, path=here.path))
    if request.method == "GET":
        return _form(found, here, question_forms.of_question(present.question, present.base))
    form = question_forms.read(present.question.kind, request.form)
    form.id = question
    if "more" in request.form:
        return _form(found, here, form.padded(4))
    built = question_forms.build(form, question)
    if built is None:
        return _form(found, here, form.padded()), 422
    try:
        banks.put(actor(), found, here, question, built, form.base)
    except Stale as stale:
        form.base = stale.digest
        return _form(found, here, form.padded(), theirs=stale.theirs), 409
    flash(_("The question is saved."), "success")
    return redirect(url_for("questions.show", draft=draft, bank=bank) + f"#q-{question}")


def _form(draft: Draft, bank: Bank, form: question_forms.QuestionForm, theirs: Any = None) -> str:
    heading = _("Change the question") if form.base else _("New question")
    return render_template(
        "authoring/question_form.html",
        draft=draft,
        bank=bank,
        form=form,
        theirs=theirs,
        heading=heading,
        kind=labels.QUESTION_KINDS[form.kind],
        trail=trail_of(draft, bank, heading),
        back=url_for("questions.show", draft=draft.id, bank=bank.key),
    )


@bp.post("/c/<center>/authoring/<draft>/questions/<bank>/move/<question>/<any(up, down):direction>")
@allow(Permission.COURSE_AUTHOR)
def move(draft: str, bank: str, question: str, direction: str) -> ResponseReturnValue:
    found, here = the_bank(draft, bank)
    banks.move(actor(), found, here, question, STEPS[direction])
    return redirect(url_for("questions.show", draft=draft, bank=bank) + f"#q-{question}")


@bp.get("/c/<center>/authoring/<draft>/questions/<bank>/remove/<question>")
@allow(Permission.COURSE_AUTHOR)
def confirm_remove(draft: str, bank: str, question: str) -> str:
    found, here = the_bank(draft, bank)
    banks.entry(found, here, question)
    return render_template(
        "confirm.html",
        title=_("Remove the question “%(id)s”?", id=question),
        text=_("Published versions keep it."),
        action=url_for("questions.remove", draft=draft, bank=bank, question=question),
        label=_("Remove"),
        cancel_url=url_for("questions.show", draft=draft, bank=bank),
    )


@bp.post("/c/<center>/authoring/<draft>/questions/<bank>/remove/<question>")
@allow(Permission.COURSE_AUTHOR)
def remove(draft: str, bank: str, question: str) -> ResponseReturnValue:
    found, here = the_bank(draft, bank)
    banks.remove(actor(), found, here, question)
    flash(_("It is removed from the draft."), "success")
    return redirect(url_for("questions.show", draft=draft, bank=bank))


@bp.route("/c/<center>/authoring/<draft>/questions/<bank>/rules", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def rules(draft: str, bank: str) -> ResponseReturnValue:
    """How many questions are drawn, how long, what passes."""
    found, here = the_bank(draft, bank)
    stored = banks.rules(found, here) if here.item else None
    if stored is None:
        raise NotFound(_l("This file can't be read as it is: mend it as text first."))
    filled = forms.of_rules(stored)
    form = forms.RulesForm(data=None if request.method == "POST" else filled)
    count = len(banks.entries(found, here))
    theirs = None
    if form.validate_on_submit():
        try:
            banks.set_rules(actor(), found, here, form.values(), form.base.data)
        except Stale as stale:
            now = forms.of_rules(stale.theirs)
            theirs = [
                (form[name].label.text, str(now[name]))
                for name in now
                if name != "base" and form[name].data != now[name]
            ]
            form.base.data = digest_of(stale.theirs.model_dump())
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("questions.show", draft=draft, bank=bank))
    page = render_template(
        "authoring/rules_form.html",
        form=form,
        count=count,
        theirs=theirs,
        trail=trail_of(found, here, _("Rules of the quiz")),
        back=url_for("questions.show", draft=draft, bank=bank),
    )
    return page, 409 if theirs is not None else 422 if form.is_submitted() else 200


def attachment(data: bytes, name: str, media_type: str) -> Response:
    """A file to keep."""
    response = Response(data, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
