"""Answers to the form of a lab without code: kept as they are typed, read as values when they are handed in.

A field's answer is a list of texts whatever its kind: one typed text, the chosen option, several options, or none. That is
what a page shows again; `read` makes of it what the grader gets, or says what is wrong beside the field.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shixun.assessment.models import Submission
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Invalid
from shixun.core.i18n import _l, local
from shixun.core.permissions import Actor
from shixun.curriculum.questions import number
from shixun.workbench import operations
from shixun.workbench.models import FormAnswer, LabWork
from shixun.workbench.operations import Seat
from shixun_packs.form import ANSWERS_NAME

Field = dict[str, Any]  # one entry of LabVersion.form
Typed = dict[str, list[str]]  # by field id

MOST_CHARACTERS = 10_000  # of one text
MOST_CHOSEN = 40
MOST_NUMBER = 1e15
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.\d+)?")  # 26,400 and 1 234 567.8
_WRITER = re.compile(r"[0-9a-f]{8,32}")


def take(form: Sequence[Field], sent: object) -> Typed:
    """What a page sent, by field, ready to be kept. Raises `Invalid` for what no page of ours sends.

    A text that no field could take (not a number, an option that isn't there) is kept all the same: nothing typed is lost.
    """
    known = {field["id"] for field in form}
    if not isinstance(sent, dict) or not sent.keys() <= known:
        raise Invalid(_l("This form has no such question. Reload the page."), code="field")
    taken: Typed = {}
    for field, value in sent.items():
        texts = value if isinstance(value, list) else [value]
        if len(texts) > MOST_CHOSEN or not all(
            isinstance(text, str) and len(text) <= MOST_CHARACTERS for text in texts
        ):
            raise Invalid(_l("An answer is too long."), code="long")
        taken[field] = [clean for text in texts if (clean := _clean(text)).strip()]
    return taken


def _clean(text: str) -> str:
    """Without what databases refuse: NUL, and halves of characters (both legal in JSON)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def save(actor: Actor, seat: Seat, typed: Typed, writer: str, turn: int) -> LabWork:
    """Keep answers, field by field: two devices that fill in different fields lose nothing of one another.

    The first saving makes the work. What this `writer` sent earlier (a smaller `turn`) and arrives now changes nothing.
    """
    if not _WRITER.fullmatch(writer) or not 0 <= turn < 2**31:
        raise Invalid(_l("The page did not say who it is. Reload it."), code="writer")
    work = operations.work_at(actor, seat)
    for field, texts in typed.items():
        _save_one(work, field, texts, writer, turn)
    db.session.flush()
    db.session.expire(work, ["answers"])
    return work


def _save_one(work: LabWork, field: str, texts: list[str], writer: str, turn: int) -> None:
    answer = _answer(work, field)
    if answer is None:
        try:
            with db.session.begin_nested():
                db.session.add(
                    FormAnswer(work_id=work.id, field=field, typed=texts, writer=writer, turn=turn, saved_at=now())
                )
            return
        except IntegrityError:  # another device typed into this field for the first time, too
            answer = _answer(work, field)
            if answer is None:
                raise
    if answer.writer == writer and answer.turn >= turn:
        return
    answer.typed, answer.writer, answer.turn, answer.saved_at = texts, writer, turn, now()


def _answer(work: LabWork, field: str) -> FormAnswer | None:
    return db.session.scalar(select(FormAnswer).where(FormAnswer.work_id == work.id, FormAnswer.field == field))


def saved(work: LabWork | None) -> tuple[Typed, datetime | None]:
    """What is kept of a work's answers, and when the last of it was saved."""
    if work is None:
        return {}, None
    return (
        {answer.field: [str(text) for text in answer.typed] for answer in work.answers},
        max((answer.saved_at for answer in work.answers), default=None),
    )


def read(form: Sequence[Field], typed: Typed) -> tuple[dict[str, Any], dict[str, LazyString]]:
    """The values of all answered fields as the grader wants them, and what is wrong with the others, by field."""
    values: dict[str, Any] = {}
    faults: dict[str, LazyString] = {}
    for field in form:
        texts = typed.get(field["id"], [])
        if not texts:
            continue
        try:
            values[field["id"]] = _READ[field["kind"]](field, texts)
        except Invalid as invalid:
            faults[field["id"]] = invalid.message
    return values, faults


def hand_in(actor: Actor, work: LabWork, key: str) -> tuple[Submission, bool]:
    """Hand in what is kept. Raises `Invalid` with the fields that can't be read, or where nothing is answered."""
    values, faults = read(work.lab.form, saved(work)[0])
    if faults:
        raise Invalid(_l("Some answers can't be read. They are marked below; the others are kept."), faults)
    if not values:
        raise Invalid(_l("Answer at least one question before you hand in."), code="empty")
    data = json.dumps(values, ensure_ascii=False, sort_keys=True).encode()
    return operations.submit(actor, work, {ANSWERS_NAME: data}, key)


def _number(field: Field, texts: list[str]) -> float:
    """A typed number. Forgiven: full-width digits, thousands in groups, a decimal comma, the field's own unit behind it."""
    plain = unicodedata.normalize("NFKC", texts[0]).strip()
    units = [unicodedata.normalize("NFKC", unit) for unit in (field.get("unit") or {}).values()]
    for unit in sorted(units, key=len, reverse=True):
        if plain.casefold().endswith(unit.casefold()):
            plain = plain[: -len(unit)].strip()
            break
    share = not units and plain.endswith("%")
    plain = plain.removesuffix("%").strip() if share else plain
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "").replace(" ", "")
    value = number(plain)
    if value is None:
        if units:
            unit_text = local(field["unit"])
            raise Invalid(_l("This is not a number in %(unit)s. Write it like 12.5, without words.", unit=unit_text))
        raise Invalid(_l("This is not a number. Write it like 12.5, without words."))
    if not abs(value) <= MOST_NUMBER:
        raise Invalid(_l("This number is too large."))
    return value / 100 if share else value


def _options(field: Field, texts: list[str]) -> list[str]:
    options = [option["id"] for option in field["option"]]
    if not set(texts) <= set(options):
        raise Invalid(_l("Choose from the list."))
    return [option for option in options if option in texts]


def _choice(field: Field, texts: list[str]) -> str:
    chosen = _options(field, texts)
    if len(chosen) != 1:
        raise Invalid(_l("Choose one answer."))
    return chosen[0]


def _text(field: Field, texts: list[str]) -> str:
    if len(texts[0]) > field["most"]:
        raise Invalid(_l("At most %(most)d characters.", most=field["most"]))
    return texts[0]


_READ: Mapping[str, Any] = {"number": _number, "choice": _choice, "multiple": _options, "text": _text}
