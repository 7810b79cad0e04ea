"""New packs from the templates beside this file: small, complete, and right from the first check on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from shixun_packs.exchange.ids import is_slug
from shixun_packs.exchange.toml_text import string
from shixun_packs.problems import PackError, Problem

TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".in"
Template = Literal["course", "lab", "form-lab"]


def start_pack(kind: Template, folder: Path, title_zh: str, title_en: str, level: str) -> list[str]:
    """Write a new pack to `folder`, which is not there yet; returns its files. Raises PackError and writes nothing else."""
    slug = folder.resolve().name
    if not is_slug(slug):
        message = "a pack's name has lower-case letters, digits and hyphens, begins with a letter, and is 2 to 41 long"
        raise PackError([Problem(folder.as_posix(), None, message)])
    if folder.exists() or folder.is_symlink():
        raise PackError([Problem(folder.as_posix(), None, "is there already: nothing is overwritten")])
    words = {
        "SLUG": slug,
        "TITLE_ZH": string(title_zh),
        "TITLE_EN": string(title_en),
        "HEADING": " ".join(title_zh.split()),
        "LEVEL": level,
    }
    written = []
    for source in sorted((TEMPLATES / kind).rglob(f"*{_SUFFIX}")):
        path = source.relative_to(TEMPLATES / kind).as_posix().removesuffix(_SUFFIX)
        text = source.read_text(encoding="utf-8")
        for name, value in words.items():
            text = text.replace(f"@@{name}@@", value)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
        written.append(path)
    return written
