"""Labs as servers of JupyterHub: one container per trainee from a signed ticket, its plant beside it, nothing that an option could widen.

`ShixunSpawner` runs labs on a Docker Engine and refuses where it can't isolate them; `PracticeSpawner` (practice.py) runs them as plain
processes for the demo. deploy/jupyterhub_config.py sets their traits.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import docker
from dockerspawner import DockerSpawner
from traitlets import Dict, Float, Instance, Int, Unicode, default

from shixun_labs import baseline, plant
from shixun_labs.baseline import MIB, Box
from shixun_labs.endings import Ending, endings
from shixun_labs.engine import THREADS, Engine, Guard, StartError, answers_http, not_started
from shixun_labs.network import LabNetwork
from shixun_labs.practice import PracticeSpawner as PracticeSpawner
from shixun_labs.progress import Progress
from shixun_labs.refusal import Refusal
from shixun_labs.tickets import Ticket, TicketError, forget_ticket, verify

LAB_COMMAND = ["/opt/shixun/bin/python", "-m", "shixun_labs.exchange.launch"]
SWEEP_SECONDS = 60.0


class ShixunSpawner(DockerSpawner):  # type: ignore[misc]  # untyped base
    """One lab container and, where the ticket names a plant, one plant container that shares its network namespace."""

    user_options: dict[str, Any]
    ticket_key = Unicode(config=True, help="signs tickets; the same as web's, at least 32 characters")
    used_tickets = Unicode("used-tickets", config=True, help="folder that remembers used tickets")
    images = Dict(config=True, help="what a ticket's image name means: {name: image reference}")
    plant_image = Unicode("shixun-plant:dev", config=True, help="image of the plants")
    plant_memory_mb = Int(192, config=True, help="MiB of one plant; one with OPC UA gets 128 more")
    hub_name = Unicode("shixun", config=True, help="names this hub's containers, so that two hubs can share an engine")
    lab_network = Instance(LabNetwork, config=True, help="the labs' network")
    runtime = Unicode("", config=True, help="container runtime, as runsc; empty: the engine's default")
    timezone = Unicode("Asia/Shanghai", config=True, help="time zone inside the labs")
    idle_minutes = Float(60, config=True, help="a lab without activity for so long is stopped; 0: never")
    max_hours = Float(8, config=True, help="no lab runs longer")
    starts_at_once = Int(4, config=True, help="labs that may be starting at the same time; others wait in line")

    _executor = THREADS
    _guard: ClassVar[Guard | None] = None
    _gate: ClassVar[asyncio.Semaphore | None] = None
    _early: ClassVar["asyncio.Task[None] | None"] = None
    _sweeper: ClassVar["asyncio.Task[None] | None"] = None

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.progress_log = Progress()
        self.plant_id = ""
        self.session = self.exchange_url = ""
        self.started_at = 0.0
        # A spawner is made when a person comes to the hub, some time before the first start: the probe runs meanwhile.
        if ShixunSpawner._early is None:
            ShixunSpawner._early = asyncio.ensure_future(self._probe_early())

    async def _probe_early(self) -> None:
        # Labs that outlived the last hub bring spawners before this hub listens; the probe would take its port.
        while not await answers_http(self.lab_network.gateway, self.lab_network.hub_port, "/hub/api"):
            await asyncio.sleep(0.2)
        try:
            await self.guard.ensure(self.client)
        except (StartError, docker.errors.DockerException) as error:
            self.log.error("labs can't start yet: %s", error)

    @default("lab_network")  # type: ignore[untyped-decorator]
    def _default_lab_network(self) -> LabNetwork:
        return LabNetwork.from_environment()

    @property
    def engine(self) -> Engine:
        return Engine(self.client)

    @property
    def guard(self) -> Guard:
        if ShixunSpawner._guard is None:
            ShixunSpawner._guard = Guard(self.lab_network)
        return ShixunSpawner._guard

    # -- starting

    async def start(self) -> tuple[str, int]:
        """Starts lab and plant. The ticket in user_options is the only thing that decides what is started."""
        self.progress_log = Progress()
        try:
            ticket = verify(self.user_options.get("ticket"), self.user.name, self.ticket_key, Path(self.used_tickets))
            self.user_options = forget_ticket(self.orm_spawner, ticket)
            self.progress_log.lang = ticket.lang
            self._start_sweeper()
            self.progress_log.add("network")
            await self.guard.ensure(self.client)
            return await self._in_turn(ticket)
        except (TicketError, StartError) as error:
            self.log.error("lab of %s refused: %s", self.user.name, error)
            raise Refusal(403 if isinstance(error, TicketError) else 503, error) from error

    async def _in_turn(self, ticket: Ticket) -> tuple[str, int]:
        if ShixunSpawner._gate is None:
            ShixunSpawner._gate = asyncio.Semaphore(self.starts_at_once)
        if ShixunSpawner._gate.locked():
            self.progress_log.add("queue")
        async with ShixunSpawner._gate:
            try:
                return await self._start_boxes(ticket)
            except BaseException:
                await self._end_boxes(0)
                raise

    async def _start_boxes(self, ticket: Ticket) -> tuple[str, int]:
        engine, name = self.engine, f"{self.hub_name}-{self.user.name}"
        self.progress_log.add("create")
        for old in (name, f"{name}-plant"):
            await engine.remove(old)
        self.object_name = name
        self.object_id = await engine.create(self._lab_box(ticket), name)
        found = await engine.start(self.object_id)
        address = str(found["NetworkSettings"]["Networks"][self.lab_network.name]["IPAddress"])
        if not address:
            raise not_started("the lab got no address")
        self.session, self.exchange_url, self.started_at = ticket.session, ticket.exchange_url, time.time()
        if ticket.plant is not None:
            self.progress_log.add("plant")
            self.plant_id = await engine.create(self._plant_box(ticket), f"{name}-plant")
            await engine.start(self.plant_id)
        self.progress_log.add("server")
        await self._ready(address)
        self.progress_log.add("ready")
        return address, self.port

    async def _ready(self, address: str) -> None:
        engine = self.engine

        async def lab_ready() -> bool:
            return await answers_http(address, self.port, f"{self.server.base_url}api")

        waits = [engine.until(self.object_id, lab_ready, self.start_timeout, "the lab")]
        if self.plant_id:
            identity = self.plant_id
            waits.append(engine.until(identity, lambda: engine.said_ready(identity), self.start_timeout, "the plant"))
        await asyncio.gather(*waits)

    def _lab_box(self, ticket: Ticket) -> Box:
        if ticket.image not in self.images:
            raise not_started(f"no image is known as {ticket.image!r}")
        memory = ticket.limits.memory_mb * MIB
        return Box(
            image=self.images[ticket.image],
            user=baseline.LAB_USER,
            network=self.lab_network.name,
            memory=memory,
            cpu=ticket.limits.cpu,
            pids=ticket.limits.pids,
            tmpfs={"/home/lab": min(memory // 4, 512 * MIB), "/tmp": min(memory // 8, 256 * MIB)},  # noqa: S108
            environment=self._lab_environment(ticket),
            command=LAB_COMMAND,
            labels=self._labels("lab", ticket),
            runtime=self.runtime,
        )

    def _lab_environment(self, ticket: Ticket) -> dict[str, str]:
        threads = str(max(1, int(ticket.limits.cpu)))
        made = {name: str(value) for name, value in super().get_env().items()} | {
            "SHIXUN_EXCHANGE_URL": ticket.exchange_url,
            "SHIXUN_EXCHANGE_TOKEN": ticket.exchange_token,
            "SHIXUN_LAB": ticket.lab,
            "SHIXUN_LANG": ticket.lang,
            "SHIXUN_PAGE_ORIGIN": ticket.page_origin,
            "TZ": self.timezone,
            "OPENBLAS_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
            "MALLOC_ARENA_MAX": "2",
        }
        if ticket.plant is not None:
            made |= plant.environment(ticket.plant)
        return made

    def _plant_box(self, ticket: Ticket) -> Box:
        assert ticket.plant is not None
        # An OPC UA server has 6000 nodes of the standard in memory, and takes 2 s of a core to put them there.
        large = "opcua" in ticket.plant.protocols
        return Box(
            image=self.plant_image,
            user=baseline.PLANT_USER,
            network=f"container:{self.object_id}",
            memory=(self.plant_memory_mb + (128 if large else 0)) * MIB,
            cpu=1.0 if large else 0.5,
            pids=64,
            tmpfs={"/plant": 64 * MIB, "/tmp": 8 * MIB},  # noqa: S108
            environment={
                "SHIXUN_PLANT_MAP_SEED": ticket.plant.map_seed,
                "SHIXUN_PLANT_PROCESS_SEED": ticket.plant.process_seed,
                "OPENBLAS_NUM_THREADS": "1",
                "MALLOC_ARENA_MAX": "2",
                "TZ": self.timezone,
            },
            command=[
                "/opt/shixun/bin/python",
                "-m",
                "shixun_plants",
                *plant.arguments(ticket.plant),
                *(() if ticket.plant.recorded else ("--log", "/plant/log.jsonl")),
            ],
            labels=self._labels("plant", ticket) | {baseline.LAB: self.object_id},
            runtime=self.runtime,
            stop_seconds=1,
            restarts=5,
        )

    def _labels(self, role: str, ticket: Ticket) -> dict[str, str]:
        # The sweeper's own limit, an hour after the spawner's, for labs that a hub forgot.
        until = str(int(time.time() + self.max_hours * 3600 + 3600))
        made = {baseline.ROLE: role, baseline.OWNER: self.user.name, baseline.SESSION: ticket.session}
        return made | {baseline.HUB: self.hub_name, baseline.UNTIL: until}

    # -- running and stopping

    async def poll(self) -> str | int | None:
        """None while the lab runs within its limits; one that is over them is stopped here, one that ended is cleared away."""
        self._start_sweeper()
        state = await self.engine.state(self.object_id)
        if state is None or not state["Running"]:
            if state is not None and self.ready:
                endings.note(self.session, "memory" if state["OOMKilled"] else "crashed")
            await self._end_boxes(0)
            return 0 if state is None else f"ExitCode={state['ExitCode']} OOMKilled={state['OOMKilled']}"
        reason = over_limit(time.time(), self.started_at, self._last_activity(), self.idle_minutes, self.max_hours)
        if reason and self.ready and await self._platform_answers():
            self.log.info("lab of %s stopped: %s", self.user.name, reason)
            endings.note(self.session, reason)
            await self.stop()
            return reason
        return None

    async def stop(self, now: bool = False) -> None:
        """Stops lab and plant; the lab sends its last work first. Nothing of them stays."""
        await self._end_boxes(1 if now else 10)

    async def _end_boxes(self, seconds: int) -> None:
        engine = self.engine
        await asyncio.gather(engine.end(self.object_id, seconds), engine.end(self.plant_id, 0))
        self.object_id = self.plant_id = ""

    def _last_activity(self) -> float:
        """Seconds since 1970. A lab can forge its own activity: that keeps it running at most until max_hours."""
        activity = self.orm_spawner.last_activity
        return float(activity.timestamp()) if activity and activity.tzinfo else _utc(activity)

    async def _platform_answers(self) -> bool:
        """An idle lab holds the only copy of what it could not send: it stays while the exchange is away."""
        parts = urlsplit(self.exchange_url)
        if not parts.hostname:
            return True
        return await answers_http(parts.hostname, parts.port or 80, "/exchange/v1/assignments", 5.0)

    # -- what JupyterHub keeps and shows

    def get_state(self) -> dict[str, Any]:
        state: dict[str, Any] = super().get_state()
        if self.object_id:
            state["shixun"] = {
                "plant": self.plant_id,
                "session": self.session,
                "exchange": self.exchange_url,
                "started": self.started_at,
            }
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        kept = state.get("shixun") or {}
        self.plant_id = str(kept.get("plant", ""))
        self.session = str(kept.get("session", ""))
        self.exchange_url = str(kept.get("exchange", ""))
        self.started_at = float(kept.get("started", 0.0))

    def clear_state(self) -> None:
        super().clear_state()
        self.object_id = self.plant_id = ""

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The steps of this start, each with its text in both languages under `messages`."""
        async for event in self.progress_log.follow():
            yield event

    def _start_sweeper(self) -> None:
        if ShixunSpawner._sweeper is None or ShixunSpawner._sweeper.done():
            ShixunSpawner._sweeper = asyncio.ensure_future(_sweep(self.engine, self.hub_name, self.log))


def one_person_per_browser(_authenticator: Any, handler: Any, auth_model: dict[str, Any]) -> dict[str, Any]:
    """Authenticator.post_auth_hook: a second person who signs in at a shared computer ends the first one's entry to their lab.

    JupyterHub alone would replace its own cookie and leave the first person's token for their lab in the browser, valid.
    """
    before = handler.get_current_user_cookie()
    if before is not None and before.name != auth_model["name"]:
        handler.clear_login_cookie()
        handler.set_session_cookie()
    return auth_model


def _utc(naive: Any) -> float:
    """The hub's database keeps UTC without a zone."""
    import datetime

    return float(naive.replace(tzinfo=datetime.UTC).timestamp()) if naive else time.time()


def over_limit(now: float, started: float, active: float, idle_minutes: float, max_hours: float) -> Ending | None:
    """Why a lab has to end now, or None. Times in seconds since 1970; `started` 0 means unknown."""
    if started and now - started > max_hours * 3600:
        return "age"
    if idle_minutes and now - max(active, started) > idle_minutes * 60:
        return "idle"
    return None


async def _sweep(engine: Engine, hub: str, log: Any) -> None:
    while True:
        try:
            for identity in await engine.sweep(hub, time.time()):
                log.warning("removed a container left behind: %s", identity[:12])
        except (docker.errors.DockerException, OSError) as error:
            log.warning("containers left behind could not be looked for: %s", error)
        await asyncio.sleep(SWEEP_SECONDS)
