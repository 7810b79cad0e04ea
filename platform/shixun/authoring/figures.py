"""Figures that instructors upload: checked as those of any pack before they are kept."""

import re
from pathlib import Path

from shixun.authoring import operations, problem_texts, queries
from shixun.authoring.models import Draft
from shixun.core.errors import Invalid
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun_packs.figure import SUFFIXES, check_figure
from shixun_packs.problems import Report


def add(actor: Actor, draft: Draft, name: str, data: bytes) -> str:
    """Keep a figure under a name made from its file's; returns its path. The same name again is the figure's new state.

    Raises `Invalid` with everything that must not be in it.
    """
    stem, _dot, suffix = name.rpartition("/")[2].rpartition("\\")[2].rpartition(".")
    suffix = "." + suffix.lower().replace("jpeg", "jpg")
    if suffix not in SUFFIXES:
        raise Invalid(_l("A figure is an SVG, PNG, JPEG or WebP file."))
    words = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60]
    path = f"figures/{words or _free(draft)}{suffix}"
    report = Report(Path())
    check_figure(report, path, data)
    if report.problems:
        listed = " ".join(
            f"({problem.line}) {problem_texts.text(problem)}." if problem.line else f"{problem_texts.text(problem)}."
            for problem in report.problems[:5]
        )
        raise Invalid(_l("This figure can't be taken: %(problems)s", problems=listed))
    operations.write(actor, draft, path, data)
    return path


def _free(draft: Draft) -> str:
    """A name for a figure whose file has none in Latin letters."""
    taken = {path.rpartition(".")[0] for path in queries.file_digests(draft)}
    return next(f"figure-{number}" for number in range(1, 10_000) if f"figures/figure-{number}" not in taken)
