"""From the domain's errors to the fields of a form."""

from typing import Any

from flask import flash

from shixun.core.errors import Invalid


def show_errors(form: Any, invalid: Invalid) -> None:
    """Put an operation's field errors beside the fields; what fits no field goes above the form."""
    placed = False
    for name, message in invalid.fields.items():
        if name in form:
            field = form[name]
            field.errors = [*field.errors, str(message)]
            placed = True
    if not placed:
        flash(str(invalid), "error")
