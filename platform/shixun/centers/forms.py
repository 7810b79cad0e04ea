"""Forms of centers."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp

from shixun.centers.operations import BASIS_LENGTH, MOST_PLACES
from shixun.core.i18n import _l

_REQUIRED = _l("Please fill in this field.")


class PlacesForm(FlaskForm):  # type: ignore[misc] # untyped library
    places = IntegerField(
        _l("Places"),
        [InputRequired(_REQUIRED), NumberRange(0, MOST_PLACES, _l("Give a whole number from 0 to 100,000."))],
        description=_l("How many people can practise at a computer at the same time, on site and online together."),
        render_kw={"inputmode": "numeric"},
    )
    basis = TextAreaField(
        _l("Basis"),
        [DataRequired(_REQUIRED), Length(min=5, max=BASIS_LENGTH)],
        description=_l("What the number rests on: rooms, machines, measured load. It is printed with the figure."),
        render_kw={"rows": 3},
    )
    key = HiddenField(validators=[Regexp(r"[a-z0-9]{20}\Z")])  # sending the form twice declares once


class NamesForm(FlaskForm):  # type: ignore[misc] # untyped library
    purpose = StringField(
        _l("Purpose"),
        [DataRequired(_REQUIRED), Length(min=5, max=200)],
        description=_l("Who asked for the names and what for. It is kept in the audit trail."),
    )
