"""Forms of runs and meetings. Days and times are those of the center's zone."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shixun.accounts.models import Person
from shixun.core.i18n import _, _l
from shixun.curriculum.models import CourseVersion
from shixun.enrolment.meetings import MeetingPlan
from shixun.enrolment.models import Meeting, Run
from shixun.enrolment.operations import RunPlan, default_minutes
from shixun.web.times import zone

_REQUIRED = DataRequired(_l("Please fill in this field."))
_DAY = timedelta(days=1)
_MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_YEARS = range(2000, 2100)  # beyond them zones and databases fail in odd ways


def _sensible(_form: FlaskForm, given: Field) -> None:
    if given.data is not None and given.data.year not in _YEARS:
        raise ValidationError(_("Check the year."))


class CheckboxesField(SelectMultipleField):  # type: ignore[misc] # untyped library
    """Several of a list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CourseForm(FlaskForm):  # type: ignore[misc] # untyped library
    """First step of a new run: which course."""

    course = SelectField(_l("Course"), [_REQUIRED])


class RunForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A run. `plan` makes of it what the operations take."""

    title_zh = StringField(_l("Title in Chinese"), [_REQUIRED, Length(max=120)])
    title_en = StringField(_l("Title in English"), [_REQUIRED, Length(max=120)])
    starts_on = DateField(_l("First day"), [_REQUIRED, _sensible])
    ends_on = DateField(_l("Last day"), [_REQUIRED, _sensible])
    planned_minutes = IntegerField(_l("Planned minutes"), [InputRequired(_l("Give a whole number of minutes."))])
    pass_percent = IntegerField(
        _l("Share to reach"),
        [InputRequired(_l("Give a whole number.")), NumberRange(1, 100, _l("Give a number from 1 to 100."))],
        description=_l("A trainee passes the run with this part of the planned minutes."),
    )
    capacity = IntegerField(_l("Places in the run"), [Optional()], description=_l("Leave empty for no limit."))
    self_enrolment = BooleanField(
        _l("Trainees of this center may join by themselves"),
        description=_l("Otherwise you add them on the run's page."),
    )
    instructor_ids = CheckboxesField(_l("Instructors"))

    def prepare(self, version: CourseVersion, teachers: list[Person], class_hour_minutes: int) -> None:
        """Fill in what depends on the course and the center."""
        self.instructor_ids.choices = [(person.id, person.name) for person in teachers]
        self.planned_minutes.description = _(
            "The course plans %(hours)s class hours: %(minutes)s minutes at %(length)s minutes each.",
            hours=f"{version.class_hours:g}",
            minutes=default_minutes(version),
            length=class_hour_minutes,
        )

    def plan(self, run: Run | None = None) -> RunPlan:
        """What was decided. The last day counts as a whole; a run's instants stay where its days do."""
        starts_at = datetime.combine(self.starts_on.data, time(), zone())
        ends_at = datetime.combine(self.ends_on.data + _DAY, time(), zone())
        if run is not None and _day(run.starts_at) == self.starts_on.data:
            starts_at = run.starts_at
        if run is not None and _last_day(run) == self.ends_on.data:
            ends_at = run.ends_at
        return RunPlan(
            title_zh=self.title_zh.data,
            title_en=self.title_en.data,
            starts_at=starts_at,
            ends_at=ends_at,
            planned_minutes=self.planned_minutes.data,
            pass_share=self.pass_percent.data / 100,
            capacity=self.capacity.data,
            self_enrolment=self.self_enrolment.data,
            instructor_ids=self.instructor_ids.data or [],
            kind=run.kind if run is not None else "full",
        )


FIELD_OF = {"starts_at": "starts_on", "ends_at": "ends_on", "pass_share": "pass_percent"}


def new_run(version: CourseVersion, me: str | None) -> dict[str, Any]:
    """What the form of a new run starts with."""
    today = _day(datetime.now(UTC))
    return {
        "title_zh": version.title["zh"],
        "title_en": version.title["en"],
        "starts_on": today,
        "ends_on": today + timedelta(days=30),
        "planned_minutes": default_minutes(version),
        "pass_percent": 60,
        "instructor_ids": [me] if me else [],
    }


def of_run(run: Run) -> dict[str, Any]:
    """What the form of a run starts with."""
    return {
        "title_zh": run.title["zh"],
        "title_en": run.title["en"],
        "starts_on": _day(run.starts_at),
        "ends_on": _last_day(run),
        "planned_minutes": run.planned_minutes,
        "pass_percent": round(run.pass_share * 100),
        "capacity": run.capacity,
        "self_enrolment": run.self_enrolment,
        "instructor_ids": [person.id for person in run.instructors],
    }


def _day(instant: datetime) -> Any:
    return instant.astimezone(zone()).date()


def _last_day(run: Run) -> Any:
    return _day(run.last_instant)


class MeetingForm(FlaskForm):  # type: ignore[misc] # untyped library
    """A class meeting."""

    title = StringField(_l("Title"), [_REQUIRED, Length(max=120)])
    place = StringField(_l("Place"), [Length(max=120)])
    starts_at = DateTimeLocalField(_l("Begins"), [_REQUIRED, _sensible], format=_MINUTES)
    ends_at = DateTimeLocalField(_l("Ends"), [_REQUIRED, _sensible], format=_MINUTES)

    def plan(self) -> MeetingPlan:
        return MeetingPlan(
            title=self.title.data,
            place=self.place.data or "",
            starts_at=self.starts_at.data.replace(tzinfo=zone()),
            ends_at=self.ends_at.data.replace(tzinfo=zone()),
        )


def of_meeting(meeting: Meeting) -> dict[str, Any]:
    """What the form of a meeting starts with."""
    return {
        "title": meeting.title,
        "place": meeting.place,
        "starts_at": meeting.starts_at.astimezone(zone()),
        "ends_at": meeting.ends_at.astimezone(zone()),
    }


class CodeForm(FlaskForm):  # type: ignore[misc] # untyped library
    """Checking in to a meeting."""

    code = StringField(
        _l("Code on the screen"),
        [_REQUIRED, Length(max=20)],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 9, "autofocus": True},
    )
