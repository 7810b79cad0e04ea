"""A ticket starts one lab of one person, once, soon; anything else starts nothing."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey
from labs_stack import KEY, sign

from shixun.workbench.pages import PLANT_ADDRESSES
from shixun_labs.plant import arguments, environment
from shixun_labs.tickets import Plant, TicketError, verify

NOW = 1_800_000_000.0
PERSON = "talice000000000000000"


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "sub": PERSON,
        "session": "s1",
        "lab": "modbus",
        "image": "shixun-lab",
        "plant": {"kind": "bottling", "speed": 1.0, "map_seed": "ab" * 32, "process_seed": "cd" * 32},
        "exchange_token": "t" * 32,
        "exchange_url": "http://10.89.0.1:8083",
        "limits": {"memory_mb": 1024, "cpu": 1.0, "pids": 256},
        "counts": True,
        "lang": "zh",
        "page_origin": "http://www.shixun.localhost:8080",
        "exp": int(NOW) + 90,
        "jti": "j" * 16,
    } | changes


def test_a_good_ticket_opens_once(tmp_path: Path) -> None:
    token = sign(claims())
    ticket = verify(token, PERSON, KEY, tmp_path / "used", NOW)
    assert ticket.plant is not None
    assert (ticket.lab, ticket.limits.memory_mb, ticket.plant.kind) == ("modbus", 1024, "bottling")
    with pytest.raises(TicketError, match="used before"):
        verify(token, PERSON, KEY, tmp_path / "used", NOW)


def test_used_tickets_are_forgotten_when_they_have_ended(tmp_path: Path) -> None:
    import os

    verify(sign(claims()), PERSON, KEY, tmp_path, NOW)
    (mark,) = tmp_path.iterdir()
    os.utime(mark, (NOW - 600, NOW - 600))
    verify(sign(claims(jti="another-ticket")), PERSON, KEY, tmp_path, NOW)
    assert mark not in list(tmp_path.iterdir())


def unsigned() -> str:
    import base64

    part = lambda data: base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")  # noqa: E731
    return f"{part({'alg': 'none'})}.{part(claims())}."


REFUSED: dict[str, Any] = {
    "nothing": None,
    "a number": 7,
    "an empty text": "",
    "no ticket": "a.b.c",
    "without a signature": unsigned(),
    "another key": sign(claims(), "another-key-" * 4),
    "another algorithm": jws.serialize_compact(
        {"alg": "HS512"}, json.dumps(claims()), OctKey.import_key(KEY), algorithms=["HS512"]
    ),
    "endless": "a" * 100_000,
    "another person's": sign(claims(sub="tbob00000000000000000")),
    "valid for a day": sign(claims(exp=int(NOW) + 86400)),
    "no end": sign({name: value for name, value in claims().items() if name != "exp"}),
    "a seed that is no hex": sign(
        claims(plant={"kind": "bottling", "map_seed": "; rm -rf /", "process_seed": "cd" * 32})
    ),
    "a kind with options": sign(claims(plant={"kind": "--log", "map_seed": "ab" * 32, "process_seed": "cd" * 32})),
    "a header in the origin": sign(claims(page_origin="http://x.test; script-src *")),
    "a line end in the origin": sign(claims(page_origin="http://x.test\r\nSet-Cookie: a=b")),
    "no origin": sign(claims(page_origin="javascript:alert(1)")),
    "a line end in the token": sign(claims(exchange_token="t" * 32 + "\r\nX: y")),
    "too much memory": sign(claims(limits={"memory_mb": 10**6, "cpu": 1.0, "pids": 256})),
    "unlimited processes": sign(claims(limits={"memory_mb": 1024, "cpu": 1.0, "pids": -1})),
    "an unknown limit": sign(claims(limits={"memory_mb": 1024, "privileged": True})),
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused_in_both_languages(name: str, tmp_path: Path) -> None:
    with pytest.raises(TicketError) as refusal:
        verify(REFUSED[name], PERSON, KEY, tmp_path, NOW)
    assert "实验页面" in refusal.value.zh
    assert "lab" in refusal.value.en
    assert list(tmp_path.iterdir()) == []


def test_an_old_ticket_says_to_start_again(tmp_path: Path) -> None:
    with pytest.raises(TicketError, match="expired") as refusal:
        verify(sign(claims(exp=int(NOW))), PERSON, KEY, tmp_path, NOW)
    assert "过期" in refusal.value.zh


def test_a_short_key_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(TicketError, match="shorter than 32"):
        verify(sign(claims(), KEY), PERSON, "short", tmp_path, time.time())


def test_a_tickets_secrets_do_not_show_in_logs(tmp_path: Path) -> None:
    shown = repr(verify(sign(claims()), PERSON, KEY, tmp_path, NOW))
    assert "ab" * 32 not in shown
    assert "cd" * 32 not in shown
    assert "t" * 32 not in shown


def test_a_plant_serves_what_the_ticket_names_at_the_addresses_that_the_page_shows() -> None:
    plant = Plant(kind="bottling", protocols=("opcua", "mqtt"), map_seed="ab" * 32, process_seed="cd" * 32)
    words = arguments(plant)
    assert words[words.index("--protocols") + 1] == "opcua,mqtt"
    assert "--modbus-port" not in words
    found = environment(plant)
    assert found == {
        "SHIXUN_PLANT_OPCUA": PLANT_ADDRESSES["opcua"][1],
        "SHIXUN_PLANT_MQTT": PLANT_ADDRESSES["mqtt"][1],
        "SHIXUN_PLANT_HMI": "127.0.0.1:8600",
    }
    assert (
        environment(plant.model_copy(update={"protocols": ("modbus",)}))["SHIXUN_PLANT_MODBUS"]
        == (PLANT_ADDRESSES["modbus"][1])
    )
