"""One installation on one machine: its folder, its secrets, its ports, and what each process may know of them."""

import os
import secrets
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parents[3]  # the checkout; the embedded profile runs from it
SECRETS = (
    "secret_key",
    "hub_api_token",
    "hub_client_secret",
    "hub_cookie_secret",
    "hub_crypt_key",
    "ticket_key",
    "grader_token",
    "grading_secret",
    "proxy_token",
)
# Loopback ports in the order of their offsets from the base (8080: the only one that browsers use).
PORTS = {"public": 0, "web": 1, "grader": 2, "exchange": 3, "live": 4, "hub": 5, "valkey": 6, "proxy_api": 7}
MINIMUM_DISK = 2 * 2**30


class SetupError(click.ClickException):
    """Something is missing on the machine. One line, with the way out."""


@dataclass(frozen=True)
class Installation:
    """Where an embedded installation keeps its things."""

    var: Path
    base_port: int = 8080

    def port(self, name: str) -> int:
        return self.base_port + PORTS[name]

    @property
    def public_url(self) -> str:
        return f"http://www.shixun.localhost:{self.base_port}"

    @property
    def labs_url(self) -> str:
        return f"http://labs.shixun.localhost:{self.base_port}"

    def secret(self, name: str) -> str:
        return (self.var / "secrets" / name).read_text(encoding="ascii").strip()

    def prepare(self) -> None:
        """Make folders and secrets that are not there yet; never replaces one."""
        for folder in ("", "secrets", "log", "run", "heads", "labs"):
            (self.var / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        free = os.statvfs(self.var)
        if free.f_bavail * free.f_frsize < MINIMUM_DISK:
            raise SetupError(
                f"The disk of {self.var.absolute()} has less than 2 GB left. Free some, or set SHIXUN_VAR to another disk."
            )
        for name in SECRETS:
            path = self.var / "secrets" / name
            if not path.exists():
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    file.write(secrets.token_hex(32))

    def check_ports(self) -> None:
        """Raise `SetupError` naming the first port that something else holds."""
        for name in PORTS:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.port(name)))
                except OSError:
                    raise SetupError(
                        f"Port {self.port(name)} ({name}) is taken. Stop what uses it (`ss -ltnp | grep {self.port(name)}` names it), "
                        f"or choose other ports: SHIXUN_PORT={self.base_port + 100} make run"
                    ) from None


def from_env() -> Installation:
    """`SHIXUN_VAR` (default ./var) and `SHIXUN_PORT` (default 8080)."""
    return Installation(
        Path(os.environ.get("SHIXUN_VAR", ROOT / "var")).absolute(), int(os.environ.get("SHIXUN_PORT", "8080"))
    )


def web_environment(at: Installation, lab_backend: str, address: str) -> dict[str, str]:
    """What the processes with the database may know. `address`: where labs reach the hub's API and the exchange."""
    values = {
        "profile": "embedded",
        "var": str(at.var),
        "database_url": os.environ.get("SHIXUN_DATABASE_URL", ""),
        "redis_url": f"redis://127.0.0.1:{at.port('valkey')}/0",
        "secret_key": at.secret("secret_key"),
        "public_url": at.public_url,
        "labs_url": at.labs_url,
        "hub_api_url": f"http://{address}:{at.port('hub')}/hub/api",
        "hub_api_token": at.secret("hub_api_token"),
        "hub_client_secret": at.secret("hub_client_secret"),
        "ticket_key": at.secret("ticket_key"),
        "grader_token": at.secret("grader_token"),
        "grading_secret": at.secret("grading_secret"),
        "ledger_key_file": str(at.var / "secrets" / "ledger.pem"),
        "exchange_url": f"http://{address}:{at.port('exchange')}",
        "lab_backend": lab_backend,
        "demo": "true",
    }
    return {"SHIXUN_" + name.upper(): value for name, value in values.items()}


def plain_environment() -> dict[str, str]:
    """What every process gets: the machine's own environment without anything of ours, and our interpreter first on PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHIXUN_")}
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    kept["PYTHONUNBUFFERED"] = "1"
    return kept


LAB_SETTINGS = (
    *("SHIXUN_LAB_NETWORK", "SHIXUN_LAB_SUBNET", "SHIXUN_LAB_IMAGE", "SHIXUN_PLANT_IMAGE", "SHIXUN_GUARD_IMAGE"),
    *("SHIXUN_LAB_RUNTIME", "SHIXUN_LAB_IDLE_MINUTES", "SHIXUN_LAB_MAX_HOURS", "SHIXUN_LAB_STARTS_AT_ONCE"),
    *("SHIXUN_LAB_LIMIT", "SHIXUN_TIMEZONE"),
)


def lab_environment() -> dict[str, str]:
    """What the operator set of the labs (deploy/jupyterhub_config.py lists it), for the hub and the labs' network."""
    return {name: os.environ[name] for name in LAB_SETTINGS if name in os.environ}
