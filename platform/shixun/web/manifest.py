"""Addresses of the built front-end files, by content hash."""

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for

DIST = Path(__file__).parent / "static" / "dist"


@lru_cache(maxsize=1)
def _manifest(mtime_ns: int) -> dict[str, str]:
    found: dict[str, str] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    return found


def asset(name: str) -> str:
    """The address of `app.css` and its like. Before `make assets` has run, the plain name: the page then says nothing of style."""
    path = DIST / "manifest.json"
    built = _manifest(path.stat().st_mtime_ns) if path.exists() else {}
    return url_for("static", filename="dist/" + built.get(name, name))


def init_app(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
