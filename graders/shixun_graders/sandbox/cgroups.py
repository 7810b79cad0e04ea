"""Memory, process and CPU limits for sandboxes that no engine makes: one control group each, version 2 or 1.

A group must cover everything that the sandbox starts, so without one there is no sandbox. Root gets one anywhere; other
people get one where their session's tree is delegated to them (systemd does so below user@UID.service).
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path

from shixun_graders.sandbox.base import SandboxError, SandboxLimits

ROOT = Path("/sys/fs/cgroup")
NAME = "shixun-sandboxes"
PERIOD_US = 100_000
OWN = Path("/proc/self/cgroup")


class Cgroup:
    """One sandbox's group: `folders` by controller (a single one for version 2)."""

    def __init__(self, limits: SandboxLimits, parents: dict[str, Path]) -> None:
        name = secrets.token_hex(8)
        self.folders = {controller: parent / name for controller, parent in parents.items()}
        self._version2 = "unified" in parents
        try:
            for folder in self.folders.values():
                folder.mkdir()
            self._limit(limits)
        except OSError as error:
            self.remove()
            raise SandboxError(f"no control group for the sandbox: {error}") from error

    @property
    def members(self) -> list[Path]:
        """The files into which a process writes its id to join."""
        return [folder / "cgroup.procs" for folder in self.folders.values()]

    def memory_exceeded(self) -> bool:
        """Whether the kernel killed something in it for want of memory."""
        folder, name = (
            (self.folders["unified"], "memory.events")
            if self._version2
            else (self.folders["memory"], "memory.oom_control")
        )
        with suppress(OSError):
            counts = dict(line.split() for line in (folder / name).read_text().splitlines())
            return int(counts.get("oom_kill", "0")) > 0
        return False

    def peak_memory(self) -> float | None:
        """The most memory that it held so far in MB; None on a kernel before 5.19, which doesn't say."""
        folder, name = (
            (self.folders["unified"], "memory.peak")
            if self._version2
            else (self.folders["memory"], "memory.max_usage_in_bytes")
        )
        with suppress(OSError, ValueError):
            return int((folder / name).read_text()) / 2**20
        return None

    def kill(self, seconds: float = 10.0) -> None:
        """Kill every member, new ones too, until none is left. Raises SandboxError if some can't be killed."""
        deadline = time.monotonic() + seconds
        while pids := self._pids():
            if time.monotonic() > deadline:
                raise SandboxError("processes of a sandbox could not be killed")
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    def remove(self) -> None:
        """Remove the folders of an empty group."""
        for folder in self.folders.values():
            for _attempt in range(50):  # a killed process leaves its group a moment later
                with suppress(FileNotFoundError, OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.01)

    def _pids(self) -> set[int]:
        found: set[int] = set()
        for member in self.members:
            with suppress(OSError):
                found |= {int(line) for line in member.read_text().split()}
        return found

    def _limit(self, limits: SandboxLimits) -> None:
        memory, quota = str(limits.memory_mb * 1024 * 1024), int(limits.cpus * PERIOD_US)
        if self._version2:
            folder = self.folders["unified"]
            (folder / "memory.max").write_text(memory)
            if (folder / "memory.swap.max").exists():  # absent where the kernel has no swap accounting
                (folder / "memory.swap.max").write_text("0")
            (folder / "pids.max").write_text(str(limits.pids))
            if (folder / "cpu.max").exists():
                (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            return
        (self.folders["memory"] / "memory.limit_in_bytes").write_text(memory)
        if (swap := self.folders["memory"] / "memory.memsw.limit_in_bytes").exists():
            swap.write_text(memory)
        (self.folders["pids"] / "pids.max").write_text(str(limits.pids))
        if "cpu" in self.folders:
            (self.folders["cpu"] / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.folders["cpu"] / "cpu.cfs_quota_us").write_text(str(quota))


def parents() -> dict[str, Path] | None:
    """The folders below which groups can be made, by controller, or None where they can't."""
    if (ROOT / "cgroup.controllers").exists():
        for base in _delegated():
            if _prepare_version2(base):
                return {"unified": base / NAME}
        return None
    found: dict[str, Path] = {}
    for controller in ("memory", "pids", "cpu"):
        folder = ROOT / controller / NAME
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            found[controller] = folder
    return found if {"memory", "pids"} <= found.keys() else None


def _delegated() -> list[Path]:
    """Folders of version 2 that may be ours to divide, the outermost first."""
    if os.geteuid() == 0:
        return [ROOT]
    with suppress(OSError):
        for line in OWN.read_text().splitlines():
            if line.startswith("0::/"):
                own = ROOT / line.removeprefix("0::/")
                chain = [own, *own.parents]
                return [folder for folder in reversed(chain) if folder != ROOT and os.access(folder, os.W_OK)]
    return []


def _prepare_version2(base: Path) -> bool:
    try:
        if not {"memory", "pids"} <= set((base / "cgroup.controllers").read_text().split()):
            return False
        folder = base / NAME
        for parent in (base, folder):
            parent.mkdir(exist_ok=True)
            offered = set((parent / "cgroup.controllers").read_text().split()) & {"memory", "pids", "cpu"}
            (parent / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(offered)))
    except OSError:
        return False
    return True
