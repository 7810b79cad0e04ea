"""Questions from files: a spreadsheet made from our template, Moodle's GIFT and XML. First looked at, then taken over."""

import json
from contextlib import closing

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError

from shixun.authoring import banks, forms, importing
from shixun.authoring.question_views import attachment, the_bank, trail_of
from shixun.core.errors import Invalid
from shixun.core.i18n import _, _l, language
from shixun.core.permissions import Permission
from shixun.curriculum import questions
from shixun.curriculum.rendering import BadText
from shixun.web.routing import actor, allow
from shixun_packs.exchange.xlsx_write import template, write_xlsx
from shixun_packs.question import Question

bp = Blueprint("question_files", __name__, template_folder="templates")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_QUESTIONS: TypeAdapter[list[Question]] = TypeAdapter(list[Question])


@bp.get("/c/<center>/authoring/<draft>/questions/<bank>/template.xlsx")
@allow(Permission.COURSE_AUTHOR)
def xlsx_template(draft: str, bank: str) -> Response:
    """The template, with an example of each kind."""
    the_bank(draft, bank)
    return attachment(template(), "questions.xlsx", XLSX)


@bp.get("/c/<center>/authoring/<draft>/questions/<bank>/questions.xlsx")
@allow(Permission.COURSE_AUTHOR)
def export(draft: str, bank: str) -> Response:
    """The bank as a filled-in template."""
    found, here = the_bank(draft, bank)
    listed = [entry.question for entry in banks.entries(found, here) if entry.question is not None]
    return attachment(write_xlsx(listed), f"{found.slug}-{bank.strip('_')}.xlsx", XLSX)


@bp.route("/c/<center>/authoring/<draft>/questions/<bank>/import", methods=["GET", "POST"])
@allow(Permission.COURSE_AUTHOR)
def upload(draft: str, bank: str) -> ResponseReturnValue:
    """Choose a file, see what would come in and what would not, row by row."""
    found, here = the_bank(draft, bank)
    form = forms.ImportForm()
    form.prepare()
    imported, cards = None, []
    if form.validate_on_submit():
        with closing(form.file.data) as file:
            name, data = file.filename or "", file.read()
        try:
            imported = importing.read(name, data, form.language.data)
        except Invalid as invalid:
            form.file.errors = [*form.file.errors, str(invalid)]
    status = 422 if form.is_submitted() and imported is None else 200
    for question in imported.questions if imported else []:
        try:
            cards.append(questions.answered(questions.from_pack(question)))
        except BadText:  # named among the findings
            continue
    page = render_template(
        "authoring/import.html",
        draft=found,
        bank=here,
        form=form,
        imported=imported,
        cards=cards,
        payload=json.dumps([q.model_dump() for q in imported.questions], ensure_ascii=False) if imported else "",
        language=language(),
        trail=trail_of(found, here, _("Bring in questions")),
        back=url_for("questions.show", draft=draft, bank=bank),
    )
    return page, status


@bp.post("/c/<center>/authoring/<draft>/questions/<bank>/take")
@allow(Permission.COURSE_AUTHOR)
def take(draft: str, bank: str) -> ResponseReturnValue:
    """Take over the questions that the page before has shown. They come from a browser: all is checked again."""
    found, here = the_bank(draft, bank)
    try:
        listed = _QUESTIONS.validate_json(request.form.get("questions", ""))
        for question in listed:
            questions.from_pack(question)
    except (ValidationError, BadText):
        raise Invalid(_l("These questions can't be taken over. Choose the file again.")) from None
    banks.add(actor(), found, here, listed)
    flash(_("%(count)s questions are in the bank now.", count=len(listed)), "success")
    return redirect(url_for("questions.show", draft=draft, bank=bank))
