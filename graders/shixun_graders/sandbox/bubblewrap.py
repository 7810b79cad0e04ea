"""Sandboxes by bubblewrap: namespaces, a system call filter, control groups; the host's Python, read-only.

One sandbox is one chain of exec: nsenter (the shared loopback) or unshare, `launch.sh` (control group, private tmpfs),
bwrap (processes, files, filter), and for root setpriv, which leaves root for the role's own user id. Without root a user
namespace takes its place. There is no container engine, so nothing needs to be installed but Debian's bubblewrap.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import metadata
from pathlib import Path

import shixun_graders
from shixun_graders.sandbox import cgroups, seccomp
from shixun_graders.sandbox.base import BASE_ENV, UIDS, Role, Sandbox, SandboxError, SandboxSpec
from shixun_graders.sandbox.pipes import PipeTransport

HERE = Path(__file__).parent
LIBRARY = "/opt/shixun/lib/shixun"  # as in the sandbox image
TOOLS = ("bwrap", "nsenter", "unshare", "setpriv", "prlimit")
CODE: dict[Role, tuple[str, ...]] = {  # what of ours each role may see
    "student": ("__init__.py", "data.py", "run"),
    "plant": ("__init__.py", "run"),
    "checker": ("__init__.py", "data.py", "protocol.py", "check"),
}
START_SECONDS = 10.0

# bwrap's --die-with-parent watches the thread that started it, not the process: so all are started by one thread that
# lives as long as the process does.
_launcher = ThreadPoolExecutor(1, thread_name_prefix="bubblewrap")


class LoopbackHolder:
    """A network namespace kept open by a sleeping child of ours."""

    def __init__(self) -> None:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        command = ["unshare", "--net", *user, "--", sys.executable, "-I", "-S", str(HERE / "loopback.py")]
        self._process = _popen(command)
        if self._process.stdout is None or self._process.stdout.readline() != b"up\n":
            self.close()
            raise SandboxError("the sandbox's loopback could not be made")

    def enter(self) -> list[str]:
        """The command that runs what follows it in this network."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={self._process.pid}", "--net", *user, "--"]

    def close(self) -> None:
        """See `Network`."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


class _BubblewrapSandbox(Sandbox):
    def __init__(self, spec: SandboxSpec, process: subprocess.Popen[bytes], group: cgroups.Cgroup, base: Path) -> None:
        self._process, self._group, self._base = process, group, base
        super().__init__(spec, PipeTransport(process))

    def kill(self) -> None:
        self._process.kill()
        self._group.kill()

    def release(self) -> None:
        self._process.wait()
        self._group.remove()
        shutil.rmtree(self._base, ignore_errors=True)

    def peak_memory(self) -> float | None:
        return self._group.peak_memory()

    def memory_exceeded(self) -> bool:
        return self._group.memory_exceeded()


class Bubblewrap:
    """The driver (see `Driver`)."""

    name = "bubblewrap"

    def available(self) -> str | None:
        if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
            return f"{', '.join(missing)} missing: apt install bubblewrap util-linux"
        if not seccomp.available():
            return "libseccomp is missing: apt install libseccomp2"
        if cgroups.parents() is None:
            return "no control groups with memory and pids may be made here: use Docker, or run the grader as root"
        return None

    def sentence(self) -> str:
        who = "own user ids" if os.geteuid() == 0 else "a user namespace"
        return (
            f"bubblewrap: namespaces, {who}, a system call filter and control groups on the host's own Python. "
            "Good for a classroom; prefer Docker, which shares less of the host's files."
        )

    def image(self, role: Role) -> str:
        return _host_python()

    def network(self) -> LoopbackHolder:
        return LoopbackHolder()

    def start(self, spec: SandboxSpec, network: object = None) -> Sandbox:
        if network is not None and not isinstance(network, LoopbackHolder):
            raise SandboxError("a network of another driver")
        if (parents := cgroups.parents()) is None:
            raise SandboxError("no control groups")
        group = cgroups.Cgroup(spec.limits, parents)
        base = Path(tempfile.mkdtemp(prefix="shixun-sandbox-"))
        try:
            process = _popen(self._command(spec, network, group, base), pass_fd=_filter_fd())
        except OSError as error:
            group.remove()
            shutil.rmtree(base, ignore_errors=True)
            raise SandboxError(f"bubblewrap could not be started: {error}") from error
        return _BubblewrapSandbox(spec, process, group, base)

    def _command(
        self, spec: SandboxSpec, network: LoopbackHolder | None, group: cgroups.Cgroup, base: Path
    ) -> list[str]:
        root = os.geteuid() == 0
        if network is not None:
            outer = [*network.enter(), "unshare", "--mount"]
        else:
            outer = ["unshare", "--mount", *([] if root else ["--user", "--map-root-user"])]
        limits = ["prlimit", "--nofile=256", f"--fsize={spec.limits.tmp_mb << 20}", "--core=0", "--"]
        launch = ["/bin/sh", str(HERE / "launch.sh"), str(base), str(spec.limits.tmp_mb), str(len(group.members))]
        inner = [*_leave_root(spec.role)] if root else []
        return [
            *outer,
            *launch,
            *map(str, group.members),
            *limits,
            *self._bwrap(spec, base, root, shared=network is not None),
            *inner,
            sys.executable,
            *spec.arguments,
        ]

    def _bwrap(self, spec: SandboxSpec, base: Path, root: bool, *, shared: bool) -> list[str]:
        uid = str(UIDS[spec.role])
        # Root needs three capabilities, for setpriv to leave root for good; nobody else gets any.
        rights = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"] if root else []
        user = [] if root else ["--unshare-user", "--disable-userns", "--uid", uid, "--gid", uid]
        env = {**BASE_ENV, "PYTHONPATH": LIBRARY, "PATH": f"{sys.prefix}/bin:/usr/bin:/bin", **spec.env}
        return [
            *("bwrap", "--die-with-parent", "--new-session", "--clearenv", *user),
            *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"),
            *([] if shared else ["--unshare-net"]),
            *("--cap-drop", "ALL", *(part for right in rights for part in ("--cap-add", right))),
            *("--seccomp", "FILTER_FD"),
            *_system_files(),
            *_our_files(spec.role),
            *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(16 << 20), "--tmpfs", "/dev/shm"),  # noqa: S108
            *("--bind", str(base / "tmp"), "/tmp", "--chdir", "/tmp"),  # noqa: S108
            *("--remount-ro", "/dev", "--remount-ro", "/"),
            *(part for name, value in env.items() for part in ("--setenv", name, value)),
            "--",
        ]


def _popen(command: list[str], pass_fd: int | None = None) -> subprocess.Popen[bytes]:
    """Start a child from the launcher thread; the word FILTER_FD in its command becomes `pass_fd`, which is closed here."""
    command = [str(pass_fd) if word == "FILTER_FD" else word for word in command]
    pipe = subprocess.PIPE
    fds = () if pass_fd is None else (pass_fd,)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=fds, bufsize=0, env={"PATH": os.environ["PATH"]}
        )

    try:
        return _launcher.submit(start).result()
    finally:
        if pass_fd is not None:
            os.close(pass_fd)


@cache
def _filter() -> bytes:
    return seccomp.program()


def _filter_fd() -> int:
    fd = os.memfd_create("seccomp", os.MFD_ALLOW_SEALING)
    os.write(fd, _filter())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _leave_root(role: Role) -> list[str]:
    uid = UIDS[role]
    return [
        *("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"),
        *("--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--"),
    ]


def _system_files() -> list[str]:
    """The host's programs and libraries, read-only, and of /etc only what the loader and fonts need."""
    words = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            words += ["--ro-bind", name, name]
    for name in ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives"):
        words += ["--ro-bind-try", name, name]
    words += ["--ro-bind", str(HERE / "passwd"), "/etc/passwd"]
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        if not prefix.startswith("/usr/"):
            words += [*_parents(prefix), "--ro-bind", prefix, prefix]
    return words


def _parents(path: str) -> list[str]:
    """Make the folders above `path` readable for the sandbox's user; bwrap itself makes them for their owner only."""
    above = [str(folder) for folder in reversed(Path(path).parents) if folder != Path("/")]
    return [word for folder in above for word in ("--perms", "0755", "--dir", folder)]


def _our_files(role: Role) -> list[str]:
    package = Path(shixun_graders.__file__).parent
    words = _parents(f"{LIBRARY}/shixun_graders/x")
    for name in CODE[role]:
        words += ["--ro-bind", str(package / name), f"{LIBRARY}/shixun_graders/{name}"]
    if role != "student":
        plants = package.parent.parent / "labs" / "shixun_plants"
        if not plants.is_dir():  # installed from the wheel
            plants = package.parent / "shixun_plants"
        words += ["--ro-bind", str(plants), f"{LIBRARY}/shixun_plants"]
    return words


@cache
def _host_python() -> str:
    """An id of the host's Python and its packages."""
    versions = sorted(f"{found.name}=={found.version}" for found in metadata.distributions())
    text = "\n".join([sys.version, *versions])
    return f"host:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
