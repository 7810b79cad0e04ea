"""The walkthrough's own browser, reader and report: what they send, what they find, and that nothing wrong passes."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shixun.commands.walk.browser import Person
from shixun.commands.walk.contest import decode
from shixun.commands.walk.day import score_in
from shixun.commands.walk.html import form_fields, parse
from shixun.commands.walk.report import Report, Step, Unexpected

PAGE = """<!doctype html><html><head><meta name="csrf-token" content="t0"></head><body><main>
<template><p class="alert">not on the page yet</p></template>
<form action="/send?x=1"><input type="hidden" name="csrf_token" value="t0"><input name="name" value="a&amp;b">
<input type="checkbox" name="role" value="1" checked><input type="checkbox" name="role" value="2" checked>
<input type="checkbox" name="role" value="3">
<input type="radio" name="q" value="1"><input type="radio" name="q" value="2" checked><input name="off" value="1" disabled>
<select name="zone"><option value="1">eins<option value="2" selected>zwei</select><textarea name="text"> two
lines </textarea><button name="confirm" value="1">Hand in</button></form>
<div id="result"><span class="score"><b>90</b><span class="muted">/ 100</span></span></div></main></body></html>"""


class Site(http.server.BaseHTTPRequestHandler):
    """Says what it was sent; /go leads to the labs' host, /in sets a cookie as the pages do."""

    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self._note()
        host = self.headers["Host"]
        if self.path == "/go":
            return self._answer(302, Location=f"http://labs.shixun.localhost:{host.rpartition(':')[2]}/back")
        if self.path == "/back":
            return self._answer(303, Location=f"http://www.shixun.localhost:{host.rpartition(':')[2]}/page")
        if self.path == "/in":
            return self._answer(200, Set_Cookie="__Host-s=1; Secure; HttpOnly; Path=/; SameSite=Lax")
        if self.path == "/round":
            return self._answer(302, Location="/round")
        return self._answer(500 if self.path == "/broken" else 200)

    def do_POST(self) -> None:
        self.do_GET()

    def _note(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.seen.append({**dict(self.headers.items()), "path": self.path, "method": self.command, "body": body})

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(PAGE.encode())))
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_parts: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Any]:
    handler = type("Handler", (Site,), {"seen": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    person = Person("somebody", f"http://www.shixun.localhost:{server.server_port}")
    person.site = handler  # type: ignore[attr-defined]
    yield person
    person.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_names_under_localhost_are_this_machine_and_secure_cookies_travel(site: Any) -> None:
    site.get("/in", typed=True)
    site.get("/page", typed=True)
    first, second = site.site.seen
    assert first["Host"].startswith("www.shixun.localhost:")
    assert "Cookie" not in first or first["Cookie"] == ""
    assert second["Cookie"] == "__Host-s=1"
    site.fetch("GET", site.base_url.replace("www.", "labs.") + "/page")
    assert site.site.seen[-1].get("Cookie", "") == ""


def test_each_request_says_where_it_comes_from(site: Any) -> None:
    site.get("/page", typed=True)
    site.get("/page")
    site.get("/go")
    found = [(one["path"], one["Sec-Fetch-Site"]) for one in site.site.seen]
    # The way back from the other host stays foreign: a chain is as foreign as its most foreign address.
    assert found == [
        ("/page", "none"),
        ("/page", "same-origin"),
        ("/go", "same-origin"),
        ("/back", "same-site"),
        ("/page", "same-site"),
    ]


def test_forms_are_sent_as_browsers_send_them(site: Any) -> None:
    page = site.get("/page", typed=True)
    site.submit(page, page.form("/send"), {"name": "王"})
    sent = site.site.seen[-1]
    assert (sent["method"], sent["path"]) == ("POST", "/send?x=1")
    assert sent["Origin"] == site.base_url
    assert "csrf_token=t0&name=%E7%8E%8B&role=1&role=2&q=2&zone=2" in sent["body"]
    assert "confirm" not in sent["body"]
    assert "off=" not in sent["body"]


def test_another_status_than_expected_is_told(site: Any) -> None:
    with pytest.raises(Unexpected, match="answered 500 instead of 200"):
        site.get("/broken", typed=True)
    with pytest.raises(Unexpected, match="redirects without end"):
        site.get("/round", typed=True)
    with pytest.raises(Unexpected, match="no form for"):
        site.get("/page", typed=True).form("/nothing")


def test_pages_are_read_as_people_see_them(site: Any) -> None:
    page = site.get("/page", typed=True)
    assert page.csrf == "t0"
    assert score_in(page) == (90.0, 100.0)
    assert page.root.first(css="alert") is None
    assert form_fields(page.form("/send"))["name"] == "a&b"
    assert parse("<p>a <b>b</p> c").text == "a b c"


def test_the_flag_is_in_the_frame() -> None:
    # unit 17, function 3, ten bytes: state 6, 301.5 and 207130 with the low word first
    frame = "00 01 00 00 00 0D 11 03 0A 00 06 C0 00 43 96 29 1A 00 03"
    assert decode(frame) == "flag{301.50-207130}"


def test_after_a_broken_step_the_others_are_not_tried() -> None:
    lines: list[str] = []
    report = Report("http://x", lines.append)
    report.run("one", "One", lambda step: step.equal("figure", 1, 1) and None)
    report.run("two", "Two", lambda step: step.check(False, "it differs") and None)

    def never(_step: Step) -> None:
        raise AssertionError("tried")

    report.run("three", "Three", never)
    assert not report.ok
    assert [step.ok for step in report.steps] == [True, False, False]
    assert any("it differs" in line for line in lines)
    assert "- Three: not tried" in lines
    body = json.loads(report.as_json())
    assert body["ok"] is False
    assert body["steps"][1]["problems"] == ["it differs"]


def test_a_step_that_raises_is_a_broken_step() -> None:
    report = Report("http://x", lambda _line: None)

    def break_(_step: Step) -> None:
        raise KeyError("nothing here")

    step = report.run("one", "One", break_)
    assert not step.ok
    assert "KeyError" in step.problems[0]


def test_a_report_without_steps_is_no_success() -> None:
    assert not Report("http://x", lambda _line: None).ok
