"""Forms of accounts."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length
from wtforms.widgets import CheckboxInput, ListWidget

from shixun.accounts.names import NAME_LENGTH
from shixun.accounts.operations import CENTER_ROLES
from shixun.accounts.roles import ROLE_NAMES
from shixun.core.i18n import LANGUAGES, _l
from shixun.core.permissions import Role

_REQUIRED = DataRequired(_l("Please fill in this field."))
_USERNAME_HINT = _l(
    "Letters a to z, digits, Chinese characters or . @ + - _; a staff number or a phone number will do."
)


def _length(most: int) -> Length:
    return Length(max=most, message=_l("At most %(max)d characters.", max=most))


class SignInForm(FlaskForm):  # type: ignore[misc] # untyped library
    username = StringField(
        _l("Sign-in name"), [_REQUIRED, _length(64)], render_kw={"autocomplete": "username", "autofocus": True}
    )
    password = PasswordField(_l("Password"), [_REQUIRED, _length(200)], render_kw={"autocomplete": "current-password"})


class PasswordForm(FlaskForm):  # type: ignore[misc] # untyped library
    old_password = PasswordField(
        _l("Present password"), [_REQUIRED, _length(200)], render_kw={"autocomplete": "current-password"}
    )
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


class LanguageForm(FlaskForm):  # type: ignore[misc] # untyped library
    language = SelectField(
        _l("Language of the pages"), choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()]
    )


class RolesForm(FlaskForm):  # type: ignore[misc] # untyped library
    roles = SelectMultipleField(
        _l("Roles"),
        [DataRequired(_l("Choose at least one role."))],
        choices=[SelectChoice(role, ROLE_NAMES[role]) for role in CENTER_ROLES],
        coerce=Role,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class PersonForm(RolesForm):
    name = StringField(_l("Name"), [_REQUIRED, _length(NAME_LENGTH)], render_kw={"autocomplete": "off"})
    username = StringField(
        _l("Sign-in name"), [_REQUIRED, _length(64)], description=_USERNAME_HINT, render_kw={"autocomplete": "off"}
    )


class CenterForm(FlaskForm):  # type: ignore[misc] # untyped library
    name_zh = StringField(_l("Name in Chinese"), [_REQUIRED, _length(120)])
    name_en = StringField(_l("Name in English"), [_REQUIRED, _length(120)])
    slug = StringField(
        _l("Short name in addresses"),
        [_REQUIRED, _length(40)],
        description=_l("Small letters, digits and -. It stands in every address and can't be changed."),
    )
    manager_name = StringField(_l("Name of the first manager"), [_REQUIRED, _length(NAME_LENGTH)])
    manager_username = StringField(
        _l("Sign-in name of the first manager"),
        [_REQUIRED, _length(64)],
        description=_l("An account that exists already is taken if the name agrees with it."),
    )


class RosterForm(FlaskForm):  # type: ignore[misc] # untyped library
    file = FileField(
        _l("Roster (CSV)"),
        [FileRequired(_l("Choose a file."))],
        description=_l("At most 2 000 people and 1 MB. UTF-8 or GB18030, as WPS and Excel save it."),
        render_kw={"accept": ".csv,text/csv,text/plain"},
    )
