"""Pieces of the lab's server: the launcher's stand-ins, the way to the plant's HMI, nbgrader's command line."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from labs_stack import PYTHONPATH, ROOT
from labs_web import FakeWeb

from shixun_labs.exchange import hmi, messages
from shixun_labs.exchange.client import Listener
from shixun_labs.exchange.launch import StandIn, fetch

pytestmark = pytest.mark.timeout(120)


def test_every_text_is_in_both_languages_with_the_same_values() -> None:
    import string

    for key, (zh, en) in messages.TEXTS.items():
        names = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in (zh, en)]
        assert names[0] == names[1], key
        assert any("一" <= character <= "鿿" for character in zh), key
        assert en.isascii(), key


def test_the_exchange_package_imports_nothing_of_ours() -> None:
    code = (
        "import sys; import shixun_labs.exchange.plugin, shixun_labs.exchange.extension, shixun_labs.exchange.launch;"
        "print([m for m in sys.modules if m.startswith('shixun') and not m.startswith('shixun_labs.exchange') and m != 'shixun_labs'])"
    )
    env = {"PYTHONPATH": PYTHONPATH, "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert done.stdout.strip() == "[]"


def test_a_stand_in_has_names_only() -> None:
    module = StandIn("sqlalchemy")
    assert issubclass(module.SQLAlchemyError, Exception)
    assert module.SQLAlchemyError is module.SQLAlchemyError
    with pytest.raises(AttributeError, match="left out of labs"):
        _ = module.__path__


def test_the_launcher_leaves_jupyterhubs_sign_in_whole() -> None:
    """JupyterHub's own scope check runs on the stand-ins and refuses what it should."""
    code = """
from shixun_labs.exchange import launch
launch.leave_out()
import sys
from jupyterhub.services.auth import HubOAuth
auth = HubOAuth(api_url="http://127.0.0.1:9/hub/api", api_token="t", oauth_client_id="c", cache_max_age=0)
mine = {"access:servers!server=alice/"}
print(bool(auth.check_scopes(mine, {"scopes": ["access:servers!server=alice/"]})),
      bool(auth.check_scopes(mine, {"scopes": ["access:servers!server=bob/"]})),
      bool(auth.check_scopes(mine, {"scopes": ["access:servers!user=alice"]})),
      bool(auth.check_scopes(mine, {"scopes": []})), "alembic" in sys.modules, "aiohttp.client" in sys.modules)
"""
    env = {"PYTHONPATH": PYTHONPATH, "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.stdout.split() == ["True", "False", "True", "False", "False", "False"], done.stderr


async def test_fetch_speaks_as_the_hubs_client_does(web: FakeWeb) -> None:
    port = web.serve("127.0.0.1", 0, "pages")
    answer = await fetch(f"http://127.0.0.1:{port}/page", headers={"X": "y"})
    assert (answer.status, await answer.json()) == (200, {"page": "/page"})
    answer = await fetch(
        f"http://127.0.0.1:{port}/oauth/token", method="POST", data={"code": "none"}, raise_for_status=False
    )
    assert answer.status == 400
    with pytest.raises(Exception, match="400"):
        await fetch(f"http://127.0.0.1:{port}/oauth/token", method="POST", data={"code": "none"})
    with pytest.raises(OSError, match=r".*"):
        await fetch("http://127.0.0.1:9/", raise_for_status=False)
    with pytest.raises(TypeError, match="not supported"):
        await fetch(f"http://127.0.0.1:{port}/", ssl=object())
    with pytest.raises(ValueError, match="not an HTTP address"):
        await fetch("file:///etc/passwd")


@pytest.mark.parametrize("value", ["", "8600", "host:", "host:x", ":8600"])
def test_a_lab_without_a_plant_has_no_hmi(value: str) -> None:
    assert hmi.address({"SHIXUN_PLANT_HMI": value}) is None


def test_where_the_hmi_is() -> None:
    assert hmi.address({"SHIXUN_PLANT_HMI": "127.0.0.1:8600"}) == ("127.0.0.1", 8600)


def test_the_head_of_an_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX: a:b"
    assert hmi.parse_head(head) == (200, [("content-type", "text/event-stream"), ("x", "a:b")])
    for bad in (b"", b"SSH-2.0", b"HTTP/1.1 abc", b"HTTP/2 200"):
        with pytest.raises(ValueError, match="not an HTTP answer"):
            hmi.parse_head(bad)


def nbgrader(folder: Path, listener: Listener, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": PYTHONPATH,
        "JUPYTER_CONFIG_PATH": str(ROOT / "labs" / "images" / "lab"),
        "SHIXUN_EXCHANGE_URL": listener.url,
        "SHIXUN_EXCHANGE_TOKEN": listener.token,
        "SHIXUN_LANG": "en",
    }
    command = [sys.executable, "-m", "nbgrader", *arguments, "--course", "shixun"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_nbgraders_own_commands_reach_the_platform(tmp_path: Path, listener: Listener, web: FakeWeb) -> None:
    done = nbgrader(tmp_path, listener, "fetch_assignment", "modbus")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "modbus/notebook.ipynb").read_text())["cells"]
    done = nbgrader(tmp_path, listener, "submit", "modbus")
    assert done.returncode == 0, done.stderr
    assert len(web.submissions) == 1
    done = nbgrader(tmp_path, listener, "list")
    assert "shixun modbus fetched" in done.stderr
    web.away = True
    done = nbgrader(tmp_path, listener, "submit", "modbus")
    assert done.returncode != 0
    assert "is kept in this lab" in done.stderr


async def test_a_server_that_never_answers_is_not_waited_for() -> None:
    from shixun_labs.engine import answers_http

    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        assert not await answers_http("127.0.0.1", silent.getsockname()[1], "/", 0.2)
    assert time.monotonic() - began < 5
