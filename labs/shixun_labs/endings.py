"""Why labs ended by themselves: the spawner notes it, web asks for it. A hub that restarts forgets; the lab is then just gone."""

import json
from collections import OrderedDict
from typing import Literal

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope

Ending = Literal["idle", "age", "memory", "crashed"]
KEPT = 10_000


class Endings:
    """The latest endings by lab session."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Ending] = OrderedDict()

    def note(self, session: str, why: Ending) -> None:
        """The first reason stays: what follows is only its clearing away."""
        self._kept.setdefault(session, why)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def of(self, sessions: list[str]) -> dict[str, Ending]:
        """What is known of these sessions."""
        return {session: self._kept[session] for session in sessions if session in self._kept}


endings = Endings()


class EndingsHandler(APIHandler):  # type: ignore[misc] # untyped library
    """`GET /hub/api/shixun/endings?session=…&session=…`, for web's token: {session: why}."""

    @needs_scope("list:users")  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """Answer; sessions of which nothing is known are left out."""
        self.write(json.dumps(endings.of(self.get_arguments("session"))))
