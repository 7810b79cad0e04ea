"""Packs as zip files: out to git, and in again, with every trick that a zip file knows refused."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from shixun.authoring import course_text, lab_text, toml_text
from shixun.authoring.operations import MOST_BYTES, MOST_FILES, MOST_TOGETHER
from shixun.core.errors import Invalid
from shixun.core.i18n import _l, language
from shixun_packs.course import CourseInfo
from shixun_packs.exchange.archives import ArchiveLimits, open_archive, read_member
from shixun_packs.exchange.findings import Unusable
from shixun_packs.lab import LabInfo
from shixun_packs.paths import is_ignored
from shixun_packs.toml import decode_text

_LIMITS = ArchiveLimits(archive_bytes=16 * 2**20, file_bytes=MOST_BYTES, total_bytes=MOST_TOGETHER, files=MOST_FILES)
_TEXTS = (".toml", ".md", ".py")
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive


@dataclass(frozen=True)
class UnpackedPack:
    """A pack from a zip file; `files` by their path in the pack."""

    kind: str
    slug: str
    title: dict[str, str]
    files: dict[str, bytes]


def pack(slug: str, files: Mapping[str, bytes]) -> bytes:
    """The files below a folder named as the pack."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{slug}/{path}", _STAMP)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return out.getvalue()


def unpack(data: bytes, slug: str = "") -> UnpackedPack:
    """The pack in a zip file, under another name if one is given.

    The pack's folder may be the archive's top or stand in it. Raises `Invalid` for an archive that can't be used, and
    `PackError` for a pack whose own file can't be read or whose texts are no UTF-8; everything else can be mended in the
    draft.
    """
    try:
        archive = open_archive(data, _LIMITS)
        found = {
            name: read_member(archive, name) for name in archive.namelist() if not name.endswith("/") and _wanted(name)
        }
    except Unusable as error:
        message = _l("This archive can't be used: %(reason)s.", reason=error.message.get(language()))
        raise Invalid(message, {"file": message}) from None
    for kind in ("course", "lab"):
        tops = [path.removesuffix(f"{kind}.toml") for path in found if path.rpartition("/")[2] == f"{kind}.toml"]
        if tops:
            top = min(tops, key=len)
            inner = {path.removeprefix(top): data for path, data in found.items() if path.startswith(top)}
            for path in inner:
                if path.endswith(_TEXTS):  # what Windows adds would be in the way of every editor here
                    inner[path] = decode_text(path, inner[path]).encode()
            return _named(kind, inner, slug)
    message = _l("There is no course.toml or lab.toml in this archive.")
    raise Invalid(message, {"file": message})


def _wanted(name: str) -> bool:
    return not any(is_ignored(part) for part in name.split("/"))


def _named(kind: str, files: dict[str, bytes], slug: str) -> UnpackedPack:
    file = f"{kind}.toml"
    text = files[file].decode()
    info: CourseInfo | LabInfo = course_text.read(text).course if kind == "course" else lab_text.read(text).lab
    name = info.slug
    if slug and slug != name:
        name = slug
        text = toml_text.set_values(course_text.in_blocks(text) if kind == "course" else text, (kind,), {"slug": slug})
    return UnpackedPack(kind, name, info.title.model_dump(), files | {file: text.encode()})
