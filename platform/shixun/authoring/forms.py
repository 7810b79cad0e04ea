"""Forms of courses, units and items. What they make fits the pack's models."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import Field, FloatField, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from shixun.authoring.operations import digest_of
from shixun.core.i18n import _, _l, local
from shixun.curriculum import labels
from shixun.enrolment.forms import CheckboxesField
from shixun_packs.course import CourseInfo, Item
from shixun_packs.question import QuizInfo

REQUIRED = DataRequired(_l("Please fill in this field."))
TITLE = [REQUIRED, Length(max=120)]
SLUG = Regexp(
    r"^([a-z][a-z0-9-]{1,40})?$", message=_l("2 to 41 characters: small letters, digits and hyphens, a letter first.")
)


def lines_of(text: str | None) -> list[str]:
    """The lines of a text area that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def plain(text: str | None) -> str:
    """A text area's text with the line ends that files have."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class NumberField(FloatField):  # type: ignore[misc] # untyped library
    """A number, shown without a fraction where it has none."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else f"{self.data:g}" if self.data is not None else ""


class BasedForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A form that says which state it was filled from, so that a save over somebody else's is noticed."""

    base = StringField()


class CourseForm(BasedForm):
    """Table `[course]` of a course."""

    title_zh = StringField(_l("Title in Chinese"), TITLE)
    title_en = StringField(_l("Title in English"), TITLE)
    slug = StringField(
        _l("Short name"),
        [SLUG],
        description=_l(
            "Stands in addresses and names the folder in git. Left empty, it is made from the English title."
        ),
    )
    summary_zh = TextAreaField(_l("Summary in Chinese"), [REQUIRED, Length(max=1000)])
    summary_en = TextAreaField(_l("Summary in English"), [REQUIRED, Length(max=1000)])
    goals_zh = TextAreaField(_l("Goals in Chinese"), [REQUIRED], description=_l("One goal a line."))
    goals_en = TextAreaField(_l("Goals in English"), [REQUIRED], description=_l("One goal a line, in the same order."))
    audience = CheckboxesField(_l("For whom"), [DataRequired(_l("Choose at least one."))])
    level = SelectField(_l("Level"))
    field = SelectField(_l("Subject field"))
    class_hours = NumberField(
        _l("Class hours"), [InputRequired(_l("Give a number.")), NumberRange(0.01, 1000, _l("Give 0.01 to 1000."))]
    )
    prerequisites = CheckboxesField(_l("Builds on"))

    def prepare(self, courses: Sequence[tuple[str, dict[str, Any]]], stored: CourseInfo | None = None) -> None:
        """Fill the choices: `courses` are (slug, title) of those that this one may build on."""
        self.audience.choices = [(code, str(name)) for code, name in labels.AUDIENCES.items()]
        self.level.choices = [(code, str(name)) for code, name in labels.LEVELS.items()]
        fields = [*labels.FIELDS, *([stored.field] if stored and stored.field not in labels.FIELDS else [])]
        self.field.choices = [(code, labels.field_name(code)) for code in fields]
        known = {slug: local(title) for slug, title in courses}
        known |= {slug: slug for slug in (stored.prerequisites if stored else []) if slug not in known}
        self.prerequisites.choices = list(known.items())

    def validate_goals_en(self, given: Field) -> None:
        chinese, english = len(lines_of(self.goals_zh.data)), len(lines_of(given.data))
        if chinese != english:
            raise ValidationError(_("There are %(zh)s goals in Chinese and %(en)s in English.", zh=chinese, en=english))

    def values(self) -> dict[str, Any]:
        """What `[course]` says, without slug and version."""
        return {
            "title": {"zh": self.title_zh.data.strip(), "en": self.title_en.data.strip()},
            "summary": {"zh": plain(self.summary_zh.data), "en": plain(self.summary_en.data)},
            "audience": list(self.audience.data),
            "level": self.level.data,
            "field": self.field.data,
            "class_hours": self.class_hours.data,
            "goals": {"zh": lines_of(self.goals_zh.data), "en": lines_of(self.goals_en.data)},
            "prerequisites": list(self.prerequisites.data or []),
        }


def of_course(info: CourseInfo) -> dict[str, Any]:
    """The fields of `CourseForm` for a course."""
    return {
        "base": digest_of(info.model_dump()),
        "title_zh": info.title.zh,
        "title_en": info.title.en,
        "slug": info.slug,
        "summary_zh": info.summary.zh,
        "summary_en": info.summary.en,
        "goals_zh": "\n".join(info.goals.zh),
        "goals_en": "\n".join(info.goals.en),
        "audience": list(info.audience),
        "level": info.level,
        "field": info.field,
        "class_hours": info.class_hours,
        "prerequisites": list(info.prerequisites),
    }


class UnitForm(BasedForm):
    """A unit's name."""

    title_zh = StringField(_l("Title in Chinese"), TITLE)
    title_en = StringField(_l("Title in English"), TITLE)

    def title(self) -> dict[str, str]:
        return {"zh": self.title_zh.data.strip(), "en": self.title_en.data.strip()}


class ItemForm(UnitForm):
    """A lesson, quiz or lab in the outline."""

    lab = SelectField(_l("Lab"), [Optional()], validate_choice=False)
    minutes = IntegerField(
        _l("Minutes"),
        [InputRequired(_l("Give a whole number of minutes.")), NumberRange(1, 1440, _l("Give 1 to 1440 minutes."))],
    )

    def prepare(self, labs: Sequence[tuple[str, str]] | None) -> None:
        """`labs`: (slug, title) of those to choose from; None for an item that is no lab."""
        if labs is None:
            del self.lab
        else:
            self.lab.choices = list(labs)
            self.lab.validators = [REQUIRED]
            self.lab.validate_choice = True

    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {"minutes": self.minutes.data, "title": self.title()}
        return found | ({"lab": self.lab.data} if "lab" in self else {})


def of_item(item: Item) -> dict[str, Any]:
    """The fields of `ItemForm` for an item."""
    return {
        "base": digest_of(item.model_dump()),
        "title_zh": item.title.zh,
        "title_en": item.title.en,
        "minutes": item.minutes,
        "lab": getattr(item, "lab", ""),
    }


class FigureForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A figure to take in."""

    file = FileField(
        _l("Figure"),
        [FileRequired(_l("Choose a file."))],
        description=_l("SVG, PNG, JPEG or WebP, at most 1 MB. An SVG needs a viewBox and holds no scripts."),
    )


class RulesForm(BasedForm):
    """Table `[quiz]` of a quiz."""

    pass_percent = NumberField(
        _l("To pass"), [InputRequired(_l("Give a number.")), NumberRange(0, 100, _l("Give 0 to 100."))]
    )
    draw = IntegerField(
        _l("Questions drawn"),
        [InputRequired(_l("Give a number.")), NumberRange(0, 1000, _l("Give 0 to 1000."))],
        description=_l("Each attempt draws so many of the bank; 0 asks all of them in the author's order."),
    )
    minutes = IntegerField(
        _l("Time limit"),
        [InputRequired(_l("Give a whole number of minutes.")), NumberRange(0, 1440, _l("Give 0 to 1440 minutes."))],
        description=_l("0: no limit."),
    )
    attempts = IntegerField(
        _l("Attempts"),
        [InputRequired(_l("Give a number.")), NumberRange(0, 1000, _l("Give 0 to 1000."))],
        description=_l("0: no limit."),
    )

    def values(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("pass_percent", "draw", "minutes", "attempts")}


def of_rules(rules: QuizInfo) -> dict[str, Any]:
    """The fields of `RulesForm` for a quiz."""
    names = ("pass_percent", "draw", "minutes", "attempts")
    return {"base": digest_of(rules.model_dump()), **{name: getattr(rules, name) for name in names}}


class ImportForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A file with questions."""

    file = FileField(
        _l("File with questions"),
        [FileRequired(_l("Choose a file."))],
        description=_l("XLSX made from the template, or a Moodle file: GIFT (.txt, .gift) or XML."),
    )
    language = SelectField(_l("Language of a Moodle file"))

    def prepare(self) -> None:
        self.language.choices = [("zh", _("Chinese")), ("en", _("English"))]


class PublishForm(FlaskForm):  # type: ignore[misc] # untyped library
    """The number of a version."""

    version = StringField(
        _l("Version"),
        [
            REQUIRED,
            Regexp(
                r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$",
                message=_l("Three numbers with dots, like 1.2.0."),
            ),
        ],
    )


class ArchiveForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A pack in a zip file."""

    file = FileField(
        _l("Zip file"),
        [FileRequired(_l("Choose a file."))],
        description=_l("A course or lab as it stands in git: a folder with course.toml or lab.toml. At most 16 MB."),
    )
    slug = StringField(
        _l("Short name"), [SLUG], description=_l("Only if it should have another name than in the file.")
    )
