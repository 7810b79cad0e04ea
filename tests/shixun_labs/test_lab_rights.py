"""Who may do what: tickets, strangers, the rights of people and of the token in a lab, the containers' own rights."""

import asyncio
import json
import time
from typing import Any

import pytest
from labs_stack import NETWORK, Stack, inspect, run_in_kernel, sign

from shixun_labs import baseline

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]


def test_strangers_do_not_enter(stack: Stack, shared: Any) -> None:
    person, _browser = shared
    url = stack.lab(person)
    stranger = stack.sign_in("tstranger00000000000")
    for path in ("/lab", "/shixun/hmi/", "/api/contents", "/assignments?course_id=shixun", "/shixun/status"):
        assert stranger.get(url + path).status == 403, path
    from labs_browser import Browser

    for path in ("/api/contents", "/shixun/status"):
        assert Browser().get(url + path, follow=False).status in (302, 403), path
    # another origin can't make the person's browser write to the HMI
    page = _browser.ask("POST", f"{url}/shixun/hmi/", {}, Origin="http://evil.test", Sec_Fetch_Site="cross-site")
    assert page.status == 403


def test_both_containers_meet_the_baseline(stack: Stack, shared: Any, engine: Any) -> None:
    person, browser = shared
    made = {name: inspect(engine, f"{NETWORK}-{person}{name}") for name in ("", "-plant")}
    for container in made.values():
        host = container["HostConfig"]
        assert host["CapDrop"] == ["ALL"]
        assert host["ReadonlyRootfs"]
        assert not host["Privileged"]
        assert host["Memory"] == host["MemorySwap"] > 0
        assert host["PidsLimit"] > 0
        assert "no-new-privileges" in host["SecurityOpt"]
        assert container["Config"]["User"] in (baseline.LAB_USER, baseline.PLANT_USER)
        assert container["Mounts"] == []
        assert not any("docker.sock" in json.dumps(value) for value in (host, container["Config"]))
    assert made["-plant"]["HostConfig"]["NetworkMode"] == f"container:{made['']['Id']}"
    assert list(made[""]["NetworkSettings"]["Networks"]) == [NETWORK]
    # and from inside: no capability, no privilege to gain, no seed of the plant
    seen = asyncio.run(
        run_in_kernel(
            browser,
            stack.lab(person),
            "import os\nprint(open('/proc/self/status').read())\nprint(os.getuid(), dict(os.environ))\n"
            "print(open('/proc/1/environ', errors='replace').read() if os.access('/proc/1/environ', os.R_OK) else '')\n"
            "print([p for p in os.listdir('/proc') if p.isdigit()])",
        )
    )
    assert "CapEff:\t0000000000000000" in seen
    assert "CapBnd:\t0000000000000000" in seen
    assert "NoNewPrivs:\t1" in seen
    assert "Seccomp:\t2" in seen
    assert "11" * 32 not in seen
    assert "22" * 32 not in seen


def refused(stack: Stack, person: str, ticket: object) -> str:
    """The message of a start that must not happen."""
    options = {"user_options": {"ticket": ticket}} if ticket is not None else {}
    page = stack.api("POST", f"/users/{person}/server", options)
    assert page.status in (201, 202, 403, 500, 503), page.text
    if page.status in (201, 202):
        (*_, last) = stack.progress(person)
        assert last.get("failed"), last
        text = str(last)
    else:
        text = page.text
    assert not stack.api("GET", f"/users/{person}").json()["servers"]
    return text


def test_forged_expired_replayed_and_other_peoples_tickets_start_nothing(stack: Stack, engine: Any) -> None:
    person = "tforger0000000000000"
    stack.sign_in(person)
    good = sign(stack.claims(person))
    tampered = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB")
    for ticket in (
        None,
        "x",
        tampered,
        sign(stack.claims(person), "another-key-of-32-characters-or-more"),
        sign(stack.claims("tsomebody00000000000")),
        sign(stack.claims(person, image="debian:bookworm-slim")),
    ):
        refused(stack, person, ticket)
    assert "过期" in refused(stack, person, sign(stack.claims(person, exp=int(time.time()) - 1)))
    assert stack.start(person, ticket=good)["ready"]
    stack.stop(person)
    refused(stack, person, good)
    assert not engine.containers(all=True, filters={"name": person})


def test_people_have_no_rights_at_the_hub_but_entering_their_lab(stack: Stack, shared: Any) -> None:
    person, browser = shared
    hub = f"{stack.labs}/hub"
    browser.get(f"{hub}/home")  # brings the hub's own xsrf cookie
    options = {"user_options": {"ticket": "mine", "image": "debian:bookworm-slim"}}
    for method, path, body in (
        ("DELETE", f"/users/{person}/server", None),
        ("POST", f"/users/{person}/server", options),
        ("POST", f"/users/{person}/servers/second", options),
        ("POST", f"/users/{person}/tokens", {}),
        ("GET", f"/users/{person}/tokens", None),
        ("GET", "/users", None),
        ("POST", "/users/tnew000000000000000", None),
        ("GET", "/proxy", None),
        ("POST", "/shutdown", None),
    ):
        page = browser.ask(method, f"{hub}/api{path}", body)
        assert page.status in (403, 404), (method, path, page.status, page.text[:300])
    shown = browser.get(f"{hub}/api/user").text
    assert "lab-token" not in shown
    assert "22" * 32 not in shown
    # nor has the token inside the lab
    code = (
        "import os, json, urllib.request\n"
        "def ask(method, path, body=None):\n"
        "    r = urllib.request.Request(os.environ['JUPYTERHUB_API_URL'] + path, method=method, data=body,"
        " headers={'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']})\n"
        "    try:\n        return urllib.request.urlopen(r, timeout=5).status\n"
        "    except urllib.error.HTTPError as e:\n        return e.code\n"
        f"me = '/users/{person}'\n"
        "print('control', ask('GET', '/user'))\n"
        "print([ask('GET', me + '/tokens'), ask('POST', me + '/tokens', b'{}'), ask('DELETE', me + '/server'), ask('GET', '/users'),"
        " ask('POST', me + '/servers/x', b'{}'), ask('GET', '/proxy'), ask('POST', '/shutdown', b'{}')])"
    )
    printed = asyncio.run(run_in_kernel(browser, stack.lab(person), code))
    assert "control 200" in printed
    codes = json.loads(printed.splitlines()[-1])
    assert set(codes) <= {403, 404}, codes


def test_signing_out_or_another_person_at_the_same_computer_closes_the_lab(stack: Stack, lab: Any) -> None:
    person, browser = lab
    contents = f"{stack.lab(person)}/api/contents"
    assert browser.get(contents).status == 200
    stack.web.person = "tnextatthedesk000000"
    browser.get(f"{stack.labs}/hub/oauth_login")
    assert browser.get(contents).status == 403

    mine = stack.sign_in(person)
    mine.get(f"{stack.lab(person)}/lab")
    assert mine.get(contents).status == 200
    page = mine.get(f"{stack.labs}/hub/logout")
    assert page.url.rstrip("/") == stack.pages
    assert mine.get(contents, follow=False).status == 403


def test_only_the_page_may_frame_hub_and_lab(stack: Stack, shared: Any) -> None:
    person, browser = shared
    for url in (f"{stack.labs}/hub/home", f"{stack.lab(person)}/lab", f"{stack.lab(person)}/shixun/status"):
        assert f"frame-ancestors 'self' {stack.pages}" in browser.get(url).headers["Content-Security-Policy"], url
