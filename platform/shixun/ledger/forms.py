"""Forms of the ledger."""

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from shixun.core.i18n import _l


class ReversalForm(FlaskForm):  # type: ignore[misc] # untyped library
    reason = TextAreaField(
        _l("Reason"),
        [DataRequired(_l("Please fill in this field.")), Length(max=500)],
        description=_l("What is wrong with the entry. It stays in the ledger for good, so leave names out."),
        render_kw={"rows": 3},
    )
