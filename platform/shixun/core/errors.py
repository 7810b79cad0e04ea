"""Errors of the domain. Operations raise them; the web edge turns them into pages, the API into JSON, the CLI into one line."""

from collections.abc import Mapping

from flask_babel import LazyString


class DomainError(Exception):
    """Something a person asked for can't be done. `message` is translated text that names the way out."""

    status = 400
    code = "invalid"

    def __init__(self, message: "str | LazyString", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    """Input that fails a rule. `fields` maps a form field to its message; everything else goes above the form."""

    status = 422

    def __init__(
        self,
        message: "str | LazyString",
        fields: "Mapping[str, str | LazyString] | None" = None,
        *,
        code: str | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.fields = dict(fields or {})


class NotFound(DomainError):
    """No such thing within what the actor may see: other centers' things are not found either."""

    status = 404
    code = "not-found"


class Forbidden(DomainError):
    """The thing is visible to the actor, the action is not theirs."""

    status = 403
    code = "forbidden"


class Conflict(DomainError):
    """The state of the thing does not allow the action now."""

    status = 409
    code = "conflict"


class Unavailable(DomainError):
    """A neighbour (hub, engine, queue) does not answer; trying again later may help."""

    status = 503
    code = "unavailable"
