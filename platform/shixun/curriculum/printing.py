"""HTML to PDF by the Chromium of the machine: nothing else sets CJK text, MathML and SVG as the pages on the screen do."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
SECONDS = 180


class CannotPrint(Exception):
    """There is no Chromium here, or it failed; the message says the way out."""


def find_browser(environ: Mapping[str, str] = os.environ) -> str:
    """The browser named by SHIXUN_CHROMIUM, or the first one installed. Raises `CannotPrint`."""
    wanted = environ.get("SHIXUN_CHROMIUM")
    for name in (wanted,) if wanted else BROWSERS:
        if (found := shutil.which(name)) is not None:
            return found
    missing = f"{wanted} (SHIXUN_CHROMIUM) is no program" if wanted else "there is no Chromium on this machine"
    raise CannotPrint(
        f"{missing}: printing needs one. Debian: apt install chromium fonts-noto-cjk; or set SHIXUN_CHROMIUM"
    )


def print_page(html: str, files: Mapping[str, bytes]) -> bytes:
    """The PDF of a page. `files` stand beside it by relative path. Raises `CannotPrint`.

    The page may load nothing but these files; scripts don't run.
    """
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="shixun-print-") as name:
        folder = Path(name)
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / "page.html").write_text(html, encoding="utf-8")
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
        command = [
            browser,
            "--headless",
            *root,
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={folder / 'page.pdf'}",
            (folder / "page.html").as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise CannotPrint(f"{browser} did not print within {SECONDS} seconds") from None
        except OSError as error:
            raise CannotPrint(f"{browser} could not be started: {error.strerror}") from None
        if not (folder / "page.pdf").exists():
            reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise CannotPrint(f"{browser} printed nothing (exit {done.returncode}): {' '.join(reason)}")
        return (folder / "page.pdf").read_bytes()


def anchor_pages(pdf: bytes) -> dict[str, int]:
    """The page (from 1) of every anchor that some link of the page leads to."""
    reader = PdfReader(BytesIO(pdf))
    found = {}
    for name, destination in reader.named_destinations.items():
        page = reader.get_destination_page_number(destination)
        if page is not None and page >= 0:
            found[name.removeprefix("/")] = page + 1
    return found
