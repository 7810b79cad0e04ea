"""Forms of accounts."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from shixun.core.i18n import _l

_REQUIRED = DataRequired(_l("Please fill in this field."))


class SignInForm(FlaskForm):  # type: ignore[misc] # untyped library
    username = StringField(_l("Sign-in name"), [_REQUIRED, Length(max=64)], render_kw={"autocomplete": "username", "autofocus": True})
    password = PasswordField(_l("Password"), [_REQUIRED, Length(max=200)], render_kw={"autocomplete": "current-password"})


class PasswordForm(FlaskForm):  # type: ignore[misc] # untyped library
    old_password = PasswordField(_l("Present password"), [_REQUIRED], render_kw={"autocomplete": "current-password"})
    password = PasswordField(
        _l("New password"),
        [_REQUIRED],
        description=_l("At least 10 characters. Several words are easier to remember than signs."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password, once more"),
        [_REQUIRED, EqualTo("password", _l("The two entries differ."))],
        render_kw={"autocomplete": "new-password"},
    )
