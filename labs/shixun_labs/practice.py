"""Labs without an engine: plain processes of this machine, for the demo center, one person at a time, where nothing counts.

There is no isolation worth the name: the kernel runs as the hub's user, or as nobody where the hub runs as root and nobody can read
the installation. So a ticket that counts is refused here.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import random_port
from tornado import web
from traitlets import Unicode

from shixun_labs import plant
from shixun_labs.progress import Progress
from shixun_labs.refusal import Refusal
from shixun_labs.tickets import Ticket, TicketError, forget_ticket, verify

NOBODY = 65534
READY_SECONDS = 40.0
_PR_SET_PDEATHSIG = 1


def die_with_hub() -> None:
    """In the child, before exec: ends with the hub. A demo leaves nothing running."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class PracticeSpawner(LocalProcessSpawner):  # type: ignore[misc]  # untyped base
    """One lab and its plant as processes on loopback."""

    ticket_key = Unicode(config=True, help="signs tickets; the same as web's, at least 32 characters")
    used_tickets = Unicode("used-tickets", config=True, help="folder that remembers used tickets")
    homes = Unicode("practice", config=True, help="folder of the labs' files")
    config_dir = Unicode(config=True, help="folder of the lab server's configuration (labs/images/lab)")
    source_path = Unicode(config=True, help="PYTHONPATH of a checkout; empty for an installed package")

    user_options: dict[str, Any]
    _busy: ClassVar[str] = ""  # whose lab runs
    _identity: ClassVar[dict[str, Any] | None] = None

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.progress_log = Progress()
        self.plant: asyncio.subprocess.Process | None = None

    async def start(self) -> tuple[str, int]:
        """Starts plant and lab. Refused: a bad ticket, one that counts, a second person."""
        self.progress_log = Progress()
        try:
            ticket = verify(self.user_options.get("ticket"), self.user.name, self.ticket_key, Path(self.used_tickets))
            self._admit(ticket)
        except TicketError as error:
            self.log.error("practice lab of %s refused: %s", self.user.name, error)
            raise Refusal(403, error) from error
        self.user_options = forget_ticket(self.orm_spawner, ticket)
        self.progress_log.lang = ticket.lang
        PracticeSpawner._busy = self.user.name
        try:
            self.progress_log.add("create")
            home = self._home()
            if ticket.plant is not None:
                self.progress_log.add("plant")
                await self._start_plant(ticket, home)
            self.progress_log.add("server")
            self._start_lab(ticket, home)
        except BaseException:
            await self._end_plant()
            PracticeSpawner._busy = ""
            raise
        self.progress_log.add("ready")
        return "127.0.0.1", self.port

    def _admit(self, ticket: Ticket) -> None:
        if ticket.counts:
            raise TicketError(
                "practice labs don't count",
                "本机没有容器引擎，实验只能练习，不能计分。请在有 Docker 的平台上打开。",
                "This machine has no container engine: labs are for practice only and can't count. Open it on a platform with Docker.",
            )
        if PracticeSpawner._busy not in ("", self.user.name):
            raise TicketError(
                "another practice lab runs",
                "练习模式下同一时间只能有一人做实验，请稍后再试。",
                "In practice mode one person can use a lab at a time. Try again later.",
            )
        for port in plant.ports(ticket.plant).values() if ticket.plant else ():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise TicketError(
                        f"port {port} is taken",
                        f"本机端口 {port} 已被占用，设备无法启动。请告诉平台管理员。",
                        f"Port {port} of this machine is taken, so the plant can't start. Tell the platform's administrator.",
                    ) from None

    def _home(self) -> Path:
        home: Path = Path(self.homes).absolute() / self.user.name
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if "user" in self._as():
            for folder in (Path(self.homes).absolute(), home.parent):
                folder.chmod(0o711)
            for path in (home, *home.rglob("*")):
                with contextlib.suppress(OSError):
                    os.lchown(path, NOBODY, NOBODY)
        return home

    def _as(self) -> dict[str, Any]:
        """Popen arguments that drop root where that leaves a lab that works."""
        if PracticeSpawner._identity is None:
            PracticeSpawner._identity = {}
            if os.geteuid() == 0:
                drop: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
                check = [sys.executable, "-c", "import jupyter_server, shixun_labs.exchange.launch"]
                with contextlib.suppress(OSError, subprocess.SubprocessError):
                    done = subprocess.run(
                        check, env=self._plain_env("/"), cwd="/", capture_output=True, timeout=60, check=False, **drop
                    )
                    if done.returncode == 0:
                        PracticeSpawner._identity = drop
        return PracticeSpawner._identity

    def _plain_env(self, home: str) -> dict[str, str]:
        made = {
            "HOME": home,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "LANG": "C.UTF-8",
        }
        return made | ({"PYTHONPATH": self.source_path} if self.source_path else {})

    async def _start_plant(self, ticket: Ticket, home: Path) -> None:
        assert ticket.plant is not None
        command = [sys.executable, "-m", "shixun_plants", *plant.arguments(ticket.plant)]
        seeds = {"SHIXUN_PLANT_MAP_SEED": ticket.plant.map_seed, "SHIXUN_PLANT_PROCESS_SEED": ticket.plant.process_seed}
        self.plant = await asyncio.create_subprocess_exec(
            *command,
            env=self._plain_env(str(home)) | seeds,
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_hub,
            **self._as(),
        )
        assert self.plant.stdout is not None
        try:
            line = await asyncio.wait_for(self.plant.stdout.readline(), READY_SECONDS)
            ready = json.loads(line or b"{}").get("ready") is True
        except (TimeoutError, ValueError):
            ready = False
        if not ready:
            raise web.HTTPError(503, log_message="the plant did not start")

    def _start_lab(self, ticket: Ticket, home: Path) -> None:
        self.port = random_port()
        ours = {
            "SHIXUN_EXCHANGE_URL": ticket.exchange_url,
            "SHIXUN_EXCHANGE_TOKEN": ticket.exchange_token,
            "SHIXUN_LAB": ticket.lab,
            "SHIXUN_LANG": ticket.lang,
            "SHIXUN_PAGE_ORIGIN": ticket.page_origin,
            "JUPYTER_CONFIG_PATH": self.config_dir,
            "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if ticket.plant is not None:
            ours |= plant.environment(ticket.plant)
        command = [sys.executable, "-m", "shixun_labs.exchange.launch"]
        if os.geteuid() == 0 and "user" not in self._as():
            command.append("--allow-root")
        environment = super().get_env() | self._plain_env(str(home)) | ours
        self.proc = subprocess.Popen(
            command, env=environment, cwd=home, start_new_session=True, preexec_fn=die_with_hub, **self._as()
        )
        self.pid = self.proc.pid

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Nothing of a system account: these users have none."""
        return env

    async def poll(self) -> int | None:
        status: int | None = await super().poll()
        if status is not None:
            await self._end_plant()
        return status

    async def stop(self, now: bool = False) -> None:
        """Stops lab and plant; the lab sends its last work first. Not by SIGINT, as the base does: that skips a server's clean end."""
        if self.pid and not now:
            await self._signal(signal.SIGTERM)
            await self.wait_for_death(10)
        await super().stop(now=True)
        await self._end_plant()

    async def _end_plant(self) -> None:
        process, self.plant = self.plant, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 3)
                if process.returncode is None:
                    process.kill()
        if PracticeSpawner._busy == self.user.name:
            PracticeSpawner._busy = ""

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The steps of this start, each with its text in both languages under `messages`."""
        async for event in self.progress_log.follow():
            yield event
