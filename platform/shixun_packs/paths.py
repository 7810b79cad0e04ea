"""Paths inside a pack: relative, posix, without tricks, no links."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from shixun_packs.problems import PackError, Problem, Report

MAX_PATH_BYTES = 240  # fits a ustar header: 155 of prefix, "/", 100 of name
IGNORED_NAMES = frozenset({"__pycache__"})


def path_fault(path: str) -> str | None:
    """Say why `path` must not be used inside a pack or bundle, or None where it may.

    Allowed: relative posix paths in normal form, printable UTF-8, at most 240 bytes.
    """
    if not path:
        return "the path is empty"
    if not path.isprintable():
        return "the path has characters that can't be printed"
    if "\\" in path or ":" in path:
        return "the path has a backslash or colon: use forward slashes"
    if path.startswith("/"):
        return "the path is absolute: it must be relative to the pack's folder"
    parts = path.split("/")
    if ".." in parts:
        return "the path leaves the pack's folder"
    if "" in parts or "." in parts:
        return "the path is not in its shortest form"
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "the path is not valid Unicode"
    return f"the path is longer than {MAX_PATH_BYTES} bytes" if size > MAX_PATH_BYTES else None


def is_ignored(name: str) -> bool:
    """Editors' and interpreters' left-overs that are never part of a pack: dotfiles, `__pycache__`."""
    return name.startswith(".") or name in IGNORED_NAMES


def scan_folder(folder: Path) -> tuple[list[str], list[Problem]]:
    """List a pack's files as sorted relative posix paths, and what must not be there.

    Symlinks, special files and unusable names are problems and are not followed; dotfiles are passed over.
    """
    if folder.is_symlink() or not folder.is_dir():
        return [], [Problem(folder.as_posix(), None, "there is no such folder (links are not followed)")]
    report = Report(folder)
    found: list[str] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if is_ignored(entry.name):
                    continue
                path = f"{prefix}{entry.name}"
                mode = entry.stat(follow_symlinks=False).st_mode
                if (fault := path_fault(path)) is not None:
                    report.add(path.encode("utf-8", "replace").decode(), None, fault)
                elif stat.S_ISLNK(mode):
                    report.add(path, None, "is a symlink: packs carry plain files only")
                elif stat.S_ISDIR(mode):
                    pending.append(f"{path}/")
                elif stat.S_ISREG(mode):
                    found.append(path)
                else:
                    report.add(path, None, "is neither a file nor a folder")
    return sorted(found), report.problems


def pack_files(folder: Path) -> list[str]:
    """List a pack's files as `scan_folder`, raising PackError if anything in it must not be there."""
    files, problems = scan_folder(folder)
    if problems:
        raise PackError(problems)
    return files
