"""Zip files from outside (XLSX, Common Cartridge): looked at before anything in them is unpacked or parsed."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from shixun_packs.exchange.findings import Unusable, both
from shixun_packs.paths import path_fault
from shixun_packs.text import LocalText

_DOCTYPES = [("<!DOCTYPE".encode(code), "<!doctype".encode(code)) for code in ("utf-8", "utf-16-le", "utf-16-be")]


@dataclass(frozen=True)
class ArchiveLimits:
    """Most bytes of the archive, of one file in it, of all of them; most files."""

    archive_bytes: int
    file_bytes: int
    total_bytes: int
    files: int


def open_archive(data: bytes, limits: ArchiveLimits) -> zipfile.ZipFile:
    """The archive, if nothing in it is dangerous to unpack. Raises `Unusable`.

    Python's reader never gives more bytes of a file than its directory says, so what is measured here holds: bombs are
    refused by size, paths that leave the folder by name, links and devices by mode, encryption by flag.
    """
    if len(data) > limits.archive_bytes:
        raise Unusable(_too_big(limits.archive_bytes))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise Unusable(both("文件损坏，或不是这种格式", "the file is damaged, or of another kind")) from None
    if len(entries) > limits.files:
        raise Unusable(both(f"压缩包里的文件超过 {limits.files} 个", f"holds more than {limits.files} files"))
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise Unusable(both("压缩包里有同名文件", "holds two files of the same name"))
    files = {entry.filename for entry in entries if not entry.is_dir()}
    for entry in entries:
        fault = path_fault(entry.filename.rstrip("/"))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if fault is not None:
            raise Unusable(both(f"压缩包里的路径 {entry.filename!r} 不能用", f"the path {entry.filename!r}: {fault}"))
        if any(parent.as_posix() in files for parent in PurePosixPath(entry.filename).parents):
            raise Unusable(both(f"{entry.filename} 在一个文件里面", f"{entry.filename} lies below a file"))
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise Unusable(both(f"{entry.filename} 是链接或设备", f"{entry.filename} is a link or a device"))
        if entry.flag_bits & 1:
            raise Unusable(both(f"{entry.filename} 已加密：请先去掉密码", f"{entry.filename} is encrypted"))
        if entry.file_size > limits.file_bytes:
            raise Unusable(both(f"{entry.filename} 太大", f"{entry.filename} is larger than {limits.file_bytes} bytes"))
    if sum(entry.file_size for entry in entries) > limits.total_bytes:
        raise Unusable(_too_big(limits.total_bytes))
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """One file of an archive that `open_archive` let pass. Raises `Unusable` for one that is damaged or not there."""
    try:
        return archive.read(name)
    except KeyError:
        raise Unusable(both(f"缺少文件 {name}", f"there is no file {name}")) from None
    except Exception as error:  # whatever a damaged stream does to zlib, bz2 or lzma
        reason = type(error).__name__
        raise Unusable(both(f"{name} 已损坏（{reason}）", f"{name} is damaged ({reason})")) from None


def has_doctype(data: bytes) -> bool:
    """Whether XML declares a document type, in whatever encoding: the way in for entities."""
    return any(mark in data for marks in _DOCTYPES for mark in marks)


def _too_big(limit: int) -> LocalText:
    size = f"{limit // 2**20} MB"
    return both(f"文件太大：最多 {size}", f"the file is too large: at most {size}")
