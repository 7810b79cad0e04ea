"""Forms of assessment."""

from flask_wtf import FlaskForm
from wtforms import FloatField, TextAreaField
from wtforms.validators import InputRequired, Length

from shixun.core.i18n import _l


class ManualForm(FlaskForm):  # type: ignore[misc] # untyped library
    points = FloatField(_l("Points"), [InputRequired(_l("Give the points as a number."))])
    comment = TextAreaField(_l("Comment for the trainee"), [Length(max=2000)])
