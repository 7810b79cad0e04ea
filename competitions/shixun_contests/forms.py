"""Forms of contests."""

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from shixun.core.i18n import _l

_REQUIRED = DataRequired(_l("Please fill in this field."))


class ContestForm(FlaskForm):  # type: ignore[misc] # untyped library
    pack = SelectField(_l("Contest pack"), [_REQUIRED])
    starts_at = DateTimeLocalField(_l("Beginning"), [InputRequired(_l("Give a date and a time."))])
    ends_at = DateTimeLocalField(_l("End"), [InputRequired(_l("Give a date and a time."))])
    freeze_at = DateTimeLocalField(
        _l("Standings freeze at"), [Optional()], description=_l("From then on the public standings stand still.")
    )


class EntryForm(FlaskForm):  # type: ignore[misc] # untyped library
    name = StringField(_l("Team name"), [_REQUIRED, Length(max=60)])
    division = SelectField(_l("Division"), [_REQUIRED])


class JoinForm(FlaskForm):  # type: ignore[misc] # untyped library
    invite = StringField(_l("Invite code"), [_REQUIRED, Length(max=20)], render_kw={"autocomplete": "off"})


class FlagForm(FlaskForm):  # type: ignore[misc] # untyped library
    answer = StringField(
        _l("Flag"), [_REQUIRED, Length(max=200)], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
