"""Simple labs in the browser: begun from the template, with wrong solutions that their author adds."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shixun.authoring import lab_text, operations, packs, queries
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, digest_of
from shixun.core.errors import Conflict, NotFound
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun_packs.exchange.ids import slug_from
from shixun_packs.lab import Grade, Hint, Lab, LabFile, Step, WrongFile, load_lab
from shixun_packs.paths import pack_files
from shixun_packs.problems import PackError
from shixun_packs.starting import Template, start_pack


def create(actor: Actor, center_id: str, slug: str, title: Mapping[str, str], template: Template = "lab") -> Draft:
    """Begin a lab from the template, which is complete and right. Raises `Invalid` (field `slug`)."""
    with tempfile.TemporaryDirectory(prefix="shixun-draft-") as parent:
        folder = Path(parent) / slug
        start_pack(template, folder, title["zh"], title["en"], "")
        files = {path: (folder / path).read_bytes() for path in pack_files(folder)}
    taken = lambda name: queries.taken(center_id, "lab", name)  # noqa: E731
    return operations.create_from_files(actor, center_id, "lab", slug, dict(title), files, taken, source="template")


def read(draft: Draft) -> LabFile:
    """What `lab.toml` says. Raises `PackError`."""
    return lab_text.read(queries.text(draft, lab_text.FILE) or "")


def load(draft: Draft) -> Lab:
    """The whole lab. Raises `PackError` with everything that is wrong."""
    with packs.folder(queries.files(draft), draft.slug) as folder:
        return load_lab(folder)


def set_info(actor: Actor, draft: Draft, values: Mapping[str, Any], base: str) -> None:
    """Change what `[lab]` says. Raises `Stale` with what somebody else has saved."""
    operations.lock(draft)
    stored = read(draft).lab
    if digest_of(stored.model_dump()) != base:
        raise Stale(stored, digest_of(stored.model_dump()))
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.set_info(text, values))


def part_of(draft: Draft, part: str, index: int) -> Grade | Hint | Step | WrongFile:
    """A grade, hint, step or wrong solution by its place from 0. Raises `NotFound`."""
    try:
        listed = getattr(read(draft), part)
    except PackError:
        raise NotFound(_l("lab.toml can't be read as it is: mend it first.")) from None
    if index >= len(listed):
        raise NotFound(_l("There is no such part in this lab."))
    found: Grade | Hint | Step | WrongFile = listed[index]
    return found


def add_part(actor: Actor, draft: Draft, part: str, values: Mapping[str, Any]) -> None:
    """Put a grade, hint or step at the end of its kind."""
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.add_part(text, part, values))


def set_part(actor: Actor, draft: Draft, part: str, index: int, values: Mapping[str, Any], base: str) -> None:
    """Change a part. Raises `Stale` where another one stands there by now."""
    operations.lock(draft)
    stored = part_of(draft, part, index).model_dump()
    if digest_of(stored) != base:
        raise Stale(stored, digest_of(stored))
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.set_part(text, part, index, values))


def move_part(actor: Actor, draft: Draft, part: str, index: int, step: int, base: str) -> None:
    """Move a part up (-1) or down (+1) in the `lab.toml` that the page showed (`base`)."""
    part_of(draft, part, index)
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.move_part(text, part, index, step), base)


def remove_part(actor: Actor, draft: Draft, part: str, index: int, base: str) -> None:
    """Take a part out of the `lab.toml` that the page showed (`base`)."""
    part_of(draft, part, index)
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.remove_part(text, part, index), base)


def add_wrong(actor: Actor, draft: Draft, values: Mapping[str, Any]) -> str:
    """Add a wrong solution that is still the reference, for its author to spoil; returns its file.

    `values` as in `[[wrong]]`, without the file. Raises `Conflict` while the lab can't be read.
    """
    operations.lock(draft)
    try:
        lab = load(draft)
    except PackError:
        raise Conflict(
            _l("The lab has problems. Mend them first; then a wrong solution can begin from the right one.")
        ) from None
    names = {path.rpartition("/")[2].removesuffix(".py").replace("_", "-") for path in queries.file_digests(draft)}
    file = f"wrong/{slug_from(values['mistake']['en'], 'wrong', names).replace('-', '_')}.py"
    operations.write(actor, draft, file, _beginning(lab, values["mistake"]["zh"]).encode())
    operations.change(
        actor, draft, lab_text.FILE, lambda text: lab_text.add_part(text, "wrong", {"file": file, **values})
    )
    return file


def _beginning(lab: Lab, mistake: str) -> str:
    """A wrong solution for its author to go on with."""
    return lab_text.wrong_answers(mistake, lab.form) if lab.form else lab_text.wrong_file(mistake, lab.cells)


def remove_wrong(actor: Actor, draft: Draft, file: str) -> None:
    """Take a wrong solution out, declaration and file."""
    operations.lock(draft)
    index = next((n for n, wrong in enumerate(read(draft).wrong) if wrong.file == file), None)
    if index is not None:
        operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.remove_part(text, "wrong", index))
    operations.remove(actor, draft, file)
