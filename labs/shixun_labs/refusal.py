"""A start that is refused, said in both languages."""

from dataclasses import dataclass
from typing import Protocol

from jupyterhub.spawner import Spawner
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


@dataclass
class NoBackend:
    """Why a machine runs no labs at all."""

    zh: str = "本机没有可用的实验环境。请联系平台管理员（shixun doctor 会说明原因）。"
    en: str = "This machine can run no labs. Tell the platform's administrator (`shixun doctor` says why)."


class NoLabs(Spawner):  # type: ignore[misc]  # untyped base
    """The hub of a machine that can't isolate labs: people sign in, and every start is refused with the reason."""

    async def start(self) -> None:
        raise Refusal(503, NoBackend())

    async def stop(self, now: bool = False) -> None:
        """Nothing ever runs."""

    async def poll(self) -> int:
        return 0
