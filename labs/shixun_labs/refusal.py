"""A start that is refused, said in both languages."""

from typing import Protocol

from tornado import web


class Bilingual(Protocol):
    """An error that carries its text for people."""

    zh: str
    en: str


class Refusal(web.HTTPError):
    """The hub's exception: `jupyterhub_message` reaches the progress stream and the hub's own pages, the reason the log."""

    def __init__(self, status: int, error: Bilingual) -> None:
        super().__init__(status, log_message=str(error).replace("%", "%%"))
        self.jupyterhub_message = f"{error.zh} / {error.en}"
