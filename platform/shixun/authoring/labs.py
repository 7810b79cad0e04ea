"""Simple labs in the browser: begun from the template, with wrong solutions that their author adds."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shixun.authoring import lab_text, operations, packs, queries
from shixun.authoring.models import Draft
from shixun.authoring.operations import Stale, digest_of
from shixun.core.errors import Conflict
from shixun.core.i18n import _l
from shixun.core.permissions import Actor
from shixun_packs.exchange.ids import slug_from
from shixun_packs.lab import Lab, LabFile, load_lab
from shixun_packs.paths import pack_files
from shixun_packs.problems import PackError
from shixun_packs.starting import start_pack


def create(actor: Actor, center_id: str, slug: str, title: Mapping[str, str]) -> Draft:
    """Begin a lab from the template, which is complete and right. Raises `Invalid` (field `slug`)."""
    with tempfile.TemporaryDirectory(prefix="shixun-draft-") as parent:
        folder = Path(parent) / slug
        start_pack("lab", folder, title["zh"], title["en"], "")
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


def add_wrong(actor: Actor, draft: Draft, mistake: Mapping[str, str], hint: str | None) -> str:
    """Add a wrong solution that is still the reference, for its author to spoil; returns its file.

    Raises `Conflict` while the notebook can't be read.
    """
    operations.lock(draft)
    try:
        lab = load(draft)
    except PackError:
        raise Conflict(
            _l("The lab has problems. Mend them first; then a wrong solution can begin from the right one.")
        ) from None
    names = {path.rpartition("/")[2].removesuffix(".py").replace("_", "-") for path in queries.file_digests(draft)}
    file = f"wrong/{slug_from(mistake['en'], 'wrong', names).replace('-', '_')}.py"
    operations.write(actor, draft, file, lab_text.wrong_file(mistake["zh"], lab.cells).encode())
    operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.add_wrong(text, file, mistake, hint))
    return file


def remove_wrong(actor: Actor, draft: Draft, file: str) -> None:
    """Take a wrong solution out, declaration and file."""
    operations.lock(draft)
    index = next((n for n, wrong in enumerate(read(draft).wrong) if wrong.file == file), None)
    if index is not None:
        operations.change(actor, draft, lab_text.FILE, lambda text: lab_text.remove_wrong(text, index))
    operations.remove(actor, draft, file)
