"""Forms of labs: what the whole is called, and the parts of `lab.toml` one by one. What they make fits the pack's models."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from shixun.authoring.forms import REQUIRED, SLUG, BasedForm, NumberField, UnitForm, plain
from shixun.authoring.operations import digest_of
from shixun.core.i18n import _, _l, local
from shixun.curriculum import labels
from shixun_packs.lab import Grade, Hint, LabFile, LabInfo, Step, WrongFile

_GRADE_ID = Regexp(r"^[A-Za-z0-9_-]{1,64}$", message=_l("1 to 64 Latin letters, digits, hyphens and underscores."))


class NewLabForm(UnitForm):
    """A lab to begin with."""

    template = SelectField(_l("How trainees work"))
    slug = StringField(
        _l("Short name"),
        [SLUG],
        description=_l(
            "Stands in addresses and names the folder in git. Left empty, it is made from the English title."
        ),
    )

    def prepare(self) -> None:
        self.template.choices = [
            ("lab", _("In a notebook: they write code")),
            ("form-lab", _("In a form: they read a screen, no code")),
        ]


class LabForm(UnitForm):
    """Table `[lab]` of a lab, without the names of its files."""

    summary_zh = TextAreaField(_l("Summary in Chinese"), [REQUIRED, Length(max=1000)])
    summary_en = TextAreaField(_l("Summary in English"), [REQUIRED, Length(max=1000)])
    minutes = IntegerField(
        _l("Minutes"),
        [InputRequired(_l("Give a whole number of minutes.")), NumberRange(1, 1440, _l("Give 1 to 1440 minutes."))],
    )
    field = SelectField(_l("Subject field"))

    def prepare(self, stored: str) -> None:
        fields = [*labels.FIELDS, *([stored] if stored not in labels.FIELDS else [])]
        self.field.choices = [(code, labels.field_name(code)) for code in fields]

    def values(self) -> dict[str, Any]:
        return {
            "title": self.title(),
            "summary": {"zh": plain(self.summary_zh.data), "en": plain(self.summary_en.data)},
            "minutes": self.minutes.data,
            "field": self.field.data,
        }


def of_lab(info: LabInfo) -> dict[str, Any]:
    """The fields of `LabForm` for a lab."""
    return {
        "base": digest_of(info.model_dump()),
        "title_zh": info.title.zh,
        "title_en": info.title.en,
        "summary_zh": info.summary.zh,
        "summary_en": info.summary.en,
        "minutes": info.minutes,
        "field": info.field,
    }


class GradeForm(UnitForm):
    """One `[[grade]]`. Its id names a cell of the notebook, or is named by fields of the form."""

    id = StringField(_l("Short name"), [REQUIRED, _GRADE_ID])
    points = NumberField(
        _l("Points of the grade"),
        [InputRequired(_l("Give a number.")), NumberRange(0.01, 10_000, _l("Give 0.01 to 10000."))],
    )
    manual = BooleanField(_l("Graded by an instructor, not by the checks"))

    def values(self) -> dict[str, Any]:
        return {
            "id": self.id.data,
            "points": _whole(self.points.data),
            "title": self.title(),
            "manual": self.manual.data or None,
        }


class HintForm(BasedForm):
    """One `[[hint]]`."""

    key = StringField(
        _l("Key"), [REQUIRED, SLUG], description=_l("checks.py gives this word; the trainee reads the text.")
    )
    text_zh = TextAreaField(_l("Hint in Chinese"), [REQUIRED, Length(max=1000)])
    text_en = TextAreaField(_l("Hint in English"), [REQUIRED, Length(max=1000)])

    def values(self) -> dict[str, Any]:
        return {"key": self.key.data, "text": {"zh": plain(self.text_zh.data), "en": plain(self.text_en.data)}}


class StepForm(UnitForm):
    """One `[[step]]` of the task."""

    text_zh = TextAreaField(
        _l("Text in Chinese"),
        [REQUIRED, Length(max=10_000)],
        description=_l("Markdown, as in a lesson."),
        render_kw={"rows": 10},
    )
    text_en = TextAreaField(_l("Text in English"), [REQUIRED, Length(max=10_000)], render_kw={"rows": 10})

    def values(self) -> dict[str, Any]:
        return {"title": self.title(), "text": {"zh": plain(self.text_zh.data), "en": plain(self.text_en.data)}}


def of_part(part: Grade | Hint | Step) -> dict[str, Any]:
    """The fields of the form of a grade, hint or step."""
    found: dict[str, Any] = {"base": digest_of(part.model_dump())}
    for name, value in part.model_dump().items():
        found |= {f"{name}_{lang}": value[lang] for lang in value} if isinstance(value, dict) else {name: value}
    return found


class WrongForm(BasedForm):
    """A wrong solution: the mistake, the hint that it should get, and the points that each automatic grade deserves."""

    mistake_zh = StringField(_l("The mistake in Chinese"), [REQUIRED, Length(max=300)])
    mistake_en = StringField(_l("The mistake in English"), [REQUIRED, Length(max=300)])
    hint = SelectField(_l("Hint that it should get"))

    def values(self) -> dict[str, Any]:
        return {
            "mistake": {"zh": self.mistake_zh.data.strip(), "en": self.mistake_en.data.strip()},
            "hint": self.hint.data or None,
            "scores": {
                field.short_name.removeprefix(_SCORE): _whole(field.data)
                for field in self
                if field.short_name.startswith(_SCORE)
            },
        }


_SCORE = "score-"


def wrong_form(lab: LabFile, none: str, filled: Mapping[str, Any] | None = None) -> WrongForm:
    """The form with a field of points for each automatic grade; `none` is the word for no hint."""
    automatic = [grade for grade in lab.grade if not grade.manual]
    most = _l("Give 0 to the points of the grade.")
    scores = {
        f"{_SCORE}{grade.id}": NumberField(
            _("Points for “%(grade)s”, 0 to %(most)g", grade=local(grade.title.model_dump()), most=grade.points),
            [InputRequired(_l("Give a number.")), NumberRange(0, grade.points, most)],
            default=0,
        )
        for grade in automatic
    }
    form: WrongForm = type("WrongForm", (WrongForm,), scores)(data=filled)
    stored = str((filled or {}).get("hint", ""))  # which may have been taken out of the list meanwhile
    keys = dict.fromkeys(["", stored, *(hint.key for hint in lab.hint)])
    form.hint.choices = [(key, key or none) for key in keys]
    return form


def of_wrong(wrong: WrongFile) -> dict[str, Any]:
    """The fields of `WrongForm` for a wrong solution that there is."""
    return {
        "base": digest_of(wrong.model_dump()),
        "mistake_zh": wrong.mistake.zh,
        "mistake_en": wrong.mistake.en,
        "hint": wrong.hint or "",
        **{f"{_SCORE}{grade_id}": points for grade_id, points in wrong.scores.items()},
    }


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


PARTS: Mapping[str, type[GradeForm] | type[HintForm] | type[StepForm]] = {
    "grade": GradeForm,
    "hint": HintForm,
    "step": StepForm,
}
