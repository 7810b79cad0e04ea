"""`shixun doctor`: what is there, what is missing, which lab backend will be used and how well it isolates."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from shixun.commands.installation import ROOT, Installation, SetupError, from_env
from shixun.commands.node import node_command, node_version

IMAGES = ("shixun-lab", "shixun-plant", "shixun-sandbox", "shixun-guard")
OLDEST_NODE = (22, 12)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `way_out` says what to do about it; `needed` False: the platform runs without it."""

    name: str
    ok: bool
    text: str
    way_out: str = ""
    needed: bool = True


def engine_version() -> str | None:
    """The Docker Engine's version, or None where none answers."""
    if shutil.which("docker") is None:
        return None
    try:
        found = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return found.stdout.strip() if found.returncode == 0 and found.stdout.strip() else None


def missing_images() -> list[str]:
    """Our images that the engine does not have."""
    tag = os.environ.get("SHIXUN_IMAGE_TAG", "dev")
    return [
        name
        for name in IMAGES
        if subprocess.run(["docker", "image", "inspect", f"{name}:{tag}"], capture_output=True, check=False).returncode
        != 0
    ]


def lab_backend() -> str:
    """`docker` where an engine and the images are there, else `practice`; `SHIXUN_LAB_BACKEND` may ask for less."""
    asked = os.environ.get("SHIXUN_LAB_BACKEND")
    if asked in {"practice", "none"}:
        return asked
    return "docker" if engine_version() is not None and not missing_images() else "practice"


def _engine() -> Finding:
    version = engine_version()
    if version is None:
        text = "no engine answers: labs are plain processes, for practice only; nothing counts, and every page says so"
        return Finding(
            "Docker Engine", False, text, "install docker.io and start it, then `make run` again", needed=False
        )
    return Finding("Docker Engine", True, version)


def _images() -> Finding:
    missing = missing_images()
    if missing:
        return Finding("images", False, "missing: " + ", ".join(missing), "`make images` builds them", needed=False)
    return Finding("images", True, ", ".join(IMAGES))


def isolation(backend: str) -> Finding:
    """How well labs are isolated with this backend."""
    if backend == "docker":
        text = (
            "Docker: a container per trainee and one for the plant; own user, no capabilities, seccomp, memory and process limits, "
            "read-only root, a network that reaches nothing but the lab's own services. Containers share the host's kernel."
        )
        return Finding("labs", True, text)
    if backend == "none":
        return Finding("labs", False, "none: labs do not start on this machine", "start a Docker Engine", needed=False)
    text = "practice: plain processes of the platform's own user, one person at a time. No isolation: for trying out, not for trainees."
    return Finding("labs", False, text, "start a Docker Engine and `make images`", needed=False)


def sandbox() -> Finding:
    """What submissions are graded in on this machine."""
    if engine_version() is not None and not missing_images():
        return Finding("grading sandbox", True, "Docker, two containers without network for each submission")
    if shutil.which("bwrap") is not None:
        return Finding(
            "grading sandbox",
            True,
            "bubblewrap: own namespaces without network; shares the host's kernel",
            needed=False,
        )
    return Finding(
        "grading sandbox", False, "none: submissions wait", "install bubblewrap or a Docker Engine", needed=False
    )


def findings(at: Installation) -> list[Finding]:
    """Everything, in the order in which it matters."""
    found = [Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer")]
    version = node_version()
    found.append(
        Finding(
            "Node",
            version is not None and version >= OLDEST_NODE,
            ".".join(map(str, version or ())) or "none",
            "`make setup`",
        )
    )
    proxy = ROOT / "node_modules" / "configurable-http-proxy"
    found.append(
        Finding(
            "front door", proxy.exists(), str(node_command()) if proxy.exists() else "not installed", "`make setup`"
        )
    )
    dist = ROOT / "platform" / "shixun" / "web" / "static" / "dist" / "manifest.json"
    found.append(Finding("front-end assets", dist.exists(), "built" if dist.exists() else "not built", "`make setup`"))
    free = shutil.disk_usage(at.var if at.var.exists() else Path.cwd()).free / 2**30
    found.append(Finding("disk", free > 2, f"{free:.0f} GB free for {at.var}", "free some space"))
    backend = lab_backend()
    found += [_engine(), *([_images()] if engine_version() else []), isolation(backend), sandbox()]
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say what is there, what is missing, and how well labs are isolated. Fails if the platform could not start."""
    found = findings(from_env())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            mark = (
                click.style("ok  ", fg="green")
                if finding.ok
                else click.style("miss" if finding.needed else "note", fg="yellow")
            )
            click.echo(f"{mark} {finding.name}: {finding.text}")
            if not finding.ok and finding.way_out:
                click.echo(f"     → {finding.way_out}")
    bad = [finding.name for finding in found if finding.needed and not finding.ok]
    if bad:
        raise SetupError("Not ready: " + ", ".join(bad))
