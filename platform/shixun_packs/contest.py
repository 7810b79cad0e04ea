"""Contest packs: `contest.toml` and files below `challenges/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shixun_packs import values
from shixun_packs.folder import PackFolder
from shixun_packs.problems import PackError
from shixun_packs.text import LocalText, PackModel, Slug, Text, Version
from shixun_packs.toml import TomlDocument

_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")


class TeamSize(PackModel):
    """How many people a team has, both ends included."""

    min: int = Field(ge=1)
    max: int = Field(le=100)

    @model_validator(mode="after")
    def _in_order(self) -> TeamSize:
        if self.min > self.max:
            raise ValueError("min is more than max")
        return self


class Division(PackModel):
    """A division (组别) with its own ranking."""

    slug: Slug
    title: LocalText


class Flag(PackModel):
    """The answer to a flag challenge: `{{name}}` stands for a value of the team, all else is literal."""

    template: Text


class BaseChallenge(PackModel):
    """What all challenges have. `text` is Markdown; `files` are handed out, each below `challenges/`."""

    slug: Slug
    title: LocalText
    points: float = Field(gt=0)
    text: LocalText
    files: list[Annotated[str, Field(pattern=r"^challenges/.+")]] = Field(default_factory=list)


class FlagChallenge(BaseChallenge):
    """Answered by typing a flag, which depends on the team through `value`."""

    kind: Literal["flag"]
    flag: Flag
    value: list[values.Value] = Field(default_factory=list)


class NotebookChallenge(BaseChallenge):
    """Answered in a lab, by the slug of its pack; the score is the share of its points."""

    kind: Literal["notebook"]
    lab: Slug


Challenge = FlagChallenge | NotebookChallenge


class ContestInfo(PackModel):
    """Table `[contest]`. `format` names a ranking rule, `minutes` the length of the contest."""

    slug: Slug
    version: Version
    title: LocalText
    summary: LocalText
    format: Slug
    team: TeamSize
    minutes: int = Field(ge=1, le=60 * 24 * 60)
    field: Slug
    divisions: list[Division] = Field(min_length=1)


class ContestFile(PackModel):
    """The whole of `contest.toml`."""

    contest: ContestInfo
    challenge: list[Annotated[Challenge, Field(discriminator="kind")]] = Field(min_length=1)


@dataclass(frozen=True)
class Contest:
    """A contest pack, complete in memory; `files` are those handed out, by path."""

    info: ContestInfo
    challenges: tuple[Challenge, ...]
    files: dict[str, bytes]
    digest: str

    @property
    def slug(self) -> str:
        """The contest's slug, which is its folder's name."""
        return self.info.slug


def team_values(challenge: FlagChallenge, seed: bytes) -> dict[str, str]:
    """The values of one team in one challenge, by name; see `values.draw` for the seed."""
    return values.draw(challenge.value, seed)


def challenge_text(challenge: Challenge, drawn: Mapping[str, str], lang: str) -> str:
    """The task as one team reads it (Markdown)."""
    return _fill(challenge.text.get(lang), drawn)


def expected_flag(challenge: FlagChallenge, drawn: Mapping[str, str]) -> str:
    """The flag that one team must find."""
    return _fill(challenge.flag.template, drawn)


def load_contest(folder: Path) -> Contest:
    """Read and check a contest pack. Raises PackError with all problems found."""
    pack = PackFolder(folder)
    document, spec = pack.toml("contest.toml", ContestFile)
    if document is None or spec is None:
        raise PackError(pack.problems)
    pack.named_as(document, spec.contest.slug, "contest")
    divisions = spec.contest.divisions
    pack.unique(document, [(entry.slug, ("contest", "divisions", i, "slug")) for i, entry in enumerate(divisions)])
    pack.unique(document, [(entry.slug, ("challenge", i, "slug")) for i, entry in enumerate(spec.challenge)])
    for index, challenge in enumerate(spec.challenge):
        for place, file in enumerate(challenge.files):
            pack.refers(document, file, "challenge", index, "files", place)
        if isinstance(challenge, FlagChallenge):
            _check_flag(pack, document, challenge, index)
    digest = pack.sealed()
    files = {file: (folder / file).read_bytes() for challenge in spec.challenge for file in challenge.files}
    return Contest(spec.contest, tuple(spec.challenge), files, digest)


def _check_flag(pack: PackFolder, document: TomlDocument, challenge: FlagChallenge, index: int) -> None:
    """Every placeholder has a value, and the task doesn't print what the flag asks for."""
    at = ("challenge", index)
    for place, message in values.faults(challenge.value):
        pack.problems.append(document.problem(message, *at, "value", place))
    names = {value.name for value in challenge.value}
    asked = set(_PLACEHOLDER.findall(challenge.flag.template))
    for name in sorted(asked - names):
        pack.problems.append(document.problem(f"there is no value {name!r}", *at, "flag", "template"))
    for lang in ("zh", "en"):
        shown = set(_PLACEHOLDER.findall(challenge.text.get(lang)))
        for name in sorted(shown - names):
            pack.problems.append(document.problem(f"there is no value {name!r}", *at, "text", lang))
        for name in sorted(shown & asked):
            message = f"the text gives away {name!r}, which the flag asks for"
            pack.problems.append(document.problem(message, *at, "text", lang))


def _fill(text: str, drawn: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: drawn.get(match.group(1), match.group()), text)
