"""Starts a lab's server: JupyterHub's single-user server without the parts of its imports that a lab never calls.

Measured on the lab image: importing jupyter_server, JupyterLab and jupyterhub.singleuser takes 1.9 s and 120 MB; with the stand-ins
below 0.6 s and 58 MB. What is left out is the hub's own database layer (jupyterhub.scopes imports it for functions that only a hub
calls), the aiohttp client (replaced by the tornado client that the server runs on anyway), the extension manager's PyPI client (a lab
installs nothing) and one optional format check of jsonschema that builds a grammar at import. JupyterHub's authentication code itself
is untouched. A stand-in has no behaviour: whatever tries to use one fails with its name.
"""

import contextlib
import json
import os
import shutil
import sys
import types
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ABSENT = ("sqlalchemy", "jupyterhub.orm", "jupyterhub.roles", "aiohttp", "requests", "jupyterlab.extensions.pypi")
OPTIONAL = ("rfc3987_syntax",)  # their users catch ImportError


class StandIn(types.ModuleType):
    """A module of names only: each attribute is an empty exception class, good for imports, `except` and `isinstance`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{self.__name__} is left out of labs, and so is {name}")
        made = type(name, (Exception,), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class Answer:
    """The part of an aiohttp response that JupyterHub's single-user code reads."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def text(self) -> str:
        return self._body.decode()

    async def json(self) -> Any:
        return json.loads(self._body)


async def fetch(url: str, *, method: str = "GET", raise_for_status: bool = True, **options: Any) -> Answer:
    """jupyterhub.httpclient.fetch over tornado. Options that would change the meaning of a call are refused."""
    from tornado.httpclient import AsyncHTTPClient, HTTPRequest
    from tornado.httputil import url_concat

    headers = dict(options.pop("headers", None) or {})
    body = options.pop("data", None)
    if isinstance(body, dict):
        body = urlencode(body)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    if "json" in options:
        body = json.dumps(options.pop("json"))
        headers.setdefault("Content-Type", "application/json")
    if params := options.pop("params", None):
        url = url_concat(url, params)
    if options:
        raise TypeError(f"not supported in a lab: {sorted(options)}")
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("not an HTTP address")
    request = HTTPRequest(
        url,
        method=method,
        headers=headers,
        body=body,
        allow_nonstandard_methods=True,
        follow_redirects=False,
        connect_timeout=10,
        request_timeout=30,
    )
    response = await AsyncHTTPClient().fetch(request, raise_error=raise_for_status)
    if response.code == 599 and response.error is not None:  # no answer at all is an error, whatever the caller checks
        raise response.error
    return Answer(response.code, response.headers, response.body or b"")


def leave_out() -> None:
    """Puts the stand-ins in place. Call before anything of Jupyter is imported."""
    for name in OPTIONAL:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own mark for "cannot be imported"
    for name in ABSENT:
        sys.modules[name] = StandIn(name)
    errors = StandIn("sqlalchemy.exc")
    sys.modules["sqlalchemy.exc"] = errors
    client = types.ModuleType("jupyterhub.httpclient")
    client.fetch = fetch  # type: ignore[attr-defined]
    sys.modules["jupyterhub.httpclient"] = client


def bring_font_list(source: str = "/opt/shixun/share/matplotlib") -> None:
    """Copies matplotlib's list of fonts, made with the image, to where kernels may write: none has to search fonts again."""
    target = Path(os.environ.get("MPLCONFIGDIR", ""))
    if target.name and Path(source).is_dir() and not target.exists():
        with contextlib.suppress(OSError):
            shutil.copytree(source, target)


def main() -> None:
    """Runs the server until it is told to stop."""
    bring_font_list()
    leave_out()
    from jupyterhub.singleuser.extension import main as serve

    with contextlib.suppress(KeyboardInterrupt):
        serve()


if __name__ == "__main__":
    main()
