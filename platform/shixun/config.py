"""Settings: one typed list, read from `SHIXUN_*` in the environment. `docs/settings.md` is checked against it."""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

# Features, in the order of their layers. The application mounts them by name, so nothing below imports anything above.
MODULES = [
    "shixun.web",
    "shixun.accounts",
    "shixun.ledger",
    "shixun.curriculum",
    "shixun.enrolment",
    "shixun.assessment",
    "shixun.workbench",
    "shixun.authoring",
    "shixun.volume",
    "shixun.centers",
    "shixun_contests",
]


class Settings(BaseModel):
    """Where things are and what this installation allows. Secrets come from files that only the platform's user can read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: str = Field(
        "embedded", description="embedded, classroom or production", pattern="^(embedded|classroom|production)$"
    )
    var: Path = Field(Path("var"), description="folder of this installation's data and secrets")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data folder")
    redis_url: str = Field("", description="Valkey or Redis; empty means none: pages work, updates come by polling")
    secret_key: str = Field("", description="signs cookies; at least 32 characters")
    public_url: str = Field("http://www.shixun.localhost:8080", description="origin of the pages as browsers see it")
    labs_url: str = Field("http://labs.shixun.localhost:8080", description="origin of the hub; labs are its subdomains")
    hub_api_url: str = Field("http://127.0.0.1:8085/hub/api", description="the hub's REST API as web reaches it")
    hub_api_token: str = Field("", description="web's token at the hub; may start and stop servers, not manage users")
    hub_client_secret: str = Field("", description="the hub's OpenID client secret")
    ticket_key: str = Field("", description="signs lab tickets between web and the spawner")
    grader_token: str = Field("", description="bearer token of the graders")
    grading_secret: str = Field("", description="keys the seeds of gradings and plants: HMAC(secret, submission)")
    ledger_key_file: Path | None = Field(None, description="Ed25519 private key (PEM) that signs ledger heads")
    exchange_url: str = Field("http://127.0.0.1:8083", description="the exchange listener as labs reach it")
    lab_backend: str = Field(
        "none", description="docker, practice or none: what `shixun doctor` found", pattern="^(docker|practice|none)$"
    )
    live_url: str = Field("", description="origin of the live process; empty means the same origin as the pages")
    demo: bool = Field(False, description="show the demo sign-ins on the sign-in page")
    argon2_time_cost: int = Field(2, description="argon2id passes")
    argon2_memory_kib: int = Field(19456, description="argon2id memory in KiB")
    class_hour_minutes: int = Field(45, description="minutes of one class hour (学时)")
    daily_cap_minutes: int = Field(480, description="most minutes of learning that count for one trainee on one day")
    idle_minutes: int = Field(10, description="minutes without input before a page asks 'still there?'")

    @classmethod
    def from_env(cls) -> Self:
        """Read `SHIXUN_<NAME>`; unknown names are ignored (other processes have theirs), bad values raise `ValidationError`."""
        values = {}
        for name in cls.model_fields:
            raw = os.environ.get("SHIXUN_" + name.upper())
            if raw is not None:
                values[name] = raw
        return cls.model_validate(values)

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.var / 'shixun.db').absolute()}"

    @property
    def secure_cookies(self) -> bool:
        """Browsers take Secure cookies from https and from localhost names; a LAN classroom on plain http can't have them."""
        host = self.public_url.split("://", 1)[1].split(":")[0].split("/")[0]
        return self.public_url.startswith("https://") or host.endswith("localhost")
