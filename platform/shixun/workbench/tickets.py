"""What web hands to the spawner (a signed ticket) and to the lab (a token that can do nothing but its own work)."""

import hashlib
import hmac
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from shixun.config import Settings
from shixun.core.ids import new_id
from shixun.workbench.models import LabSession

LIFE = 90  # seconds between the ticket and its use by the spawner


def exchange_token(settings: Settings, session_id: str) -> str:
    """The lab's token: derived, so it is stored nowhere; it dies with the session's row."""
    mac = hmac.new(settings.ticket_key.encode(), f"exchange:{session_id}".encode(), hashlib.sha256).hexdigest()
    return f"{session_id}.{mac}"


def session_of_token(settings: Settings, token: str) -> str | None:
    """The session id that a token was made for; None if it is not one of ours."""
    session_id = token.partition(".")[0]
    return session_id if hmac.compare_digest(token, exchange_token(settings, session_id)) else None


def ticket(settings: Settings, session: LabSession, language: str) -> str:
    """Leave to start one server, once, soon: signed, so trainees can't start labs with options of their own."""
    lab = session.work.lab
    claims: dict[str, Any] = {
        "sub": session.person.hub_user,
        "session": session.id,
        "lab": lab.lab.slug,
        "image": "shixun-lab",
        "plant": _plant(session),
        "exchange_token": exchange_token(settings, session.id),
        "exchange_url": settings.exchange_url,
        "limits": {"memory_mb": max(int(lab.limits.get("memory_mb", 768)), 768), "cpu": 1.0, "pids": 128},
        "counts": session.counts,
        "lang": language,
        "page_origin": settings.public_url,
        "exp": int(time.time()) + LIFE,
        "jti": new_id(),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(settings.ticket_key))


def _plant(session: LabSession) -> dict[str, Any] | None:
    plant = session.work.lab.plant
    if plant is None:
        return None
    told = {"kind": plant["kind"], "map_seed": session.work.map_seed, "process_seed": session.process_seed}
    if plant.get("recorded"):  # nothing runs and nothing answers: a screen with the shift that the map seed draws
        return told | {"recorded": True}
    return told | {"protocols": plant["protocols"], "speed": plant.get("speed", 1.0)}
