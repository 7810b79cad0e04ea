"""A person at a browser, over HTTP: cookies, redirects, forms with their tokens, and the headers by which sites know their own pages.

Names under localhost are this machine, whatever its resolver says, and Secure cookies go to them over plain http: as in browsers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from shixun.commands.walk.html import Element, form_fields, parse
from shixun.commands.walk.report import Unexpected

HOPS = 25
TIMEOUT = httpx.Timeout(60, connect=10)
Files = dict[str, tuple[str, bytes, str]]


class LocalNames(httpx.HTTPTransport):
    """Sends what is addressed to a name under localhost to 127.0.0.1; the Host header keeps the name."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not is_local(request.url.host):
            return super().handle_request(request)
        here = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(here)


def is_local(host: str) -> bool:
    """Whether a name means this machine (RFC 6761 §6.3)."""
    return host == "localhost" or host.endswith(".localhost")


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _relation(initiator: str | None, url: str) -> str:
    """`Sec-Fetch-Site` of one request (W3C Fetch Metadata §2.4)."""
    if initiator is None:
        return "none"
    if origin_of(initiator) == origin_of(url):
        return "same-origin"
    ours, theirs = (".".join((urlsplit(one).hostname or "").split(".")[-2:]) for one in (initiator, url))
    return "same-site" if ours == theirs else "cross-site"


@dataclass(frozen=True)
class Page:
    """An answer. `visited` are the addresses that led to it, `url` the last of them."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes
    visited: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @cached_property
    def root(self) -> Element:
        return parse(self.text)

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unexpected(f"{self.url} is not JSON: {self.text[:80]!r}") from None

    @property
    def csrf(self) -> str:
        """The page's own token."""
        meta = self.root.first("meta", name="csrf-token")
        return meta.get("content") if meta is not None else ""

    def need(self, what: str, tag: str | None = None, css: str | None = None, **attributes: Any) -> Element:
        """An element that must be there; `what` names it in the complaint."""
        found = self.root.first(tag, css, **attributes)
        if found is None:
            raise Unexpected(f"no {what} on {self.url}: {self.said()}")
        return found

    def form(self, action_ends: str) -> Element:
        """The form whose action ends so (queries aside)."""
        for form in self.root.all("form"):
            if form.get("action").split("?")[0].endswith(action_ends):
                return form
        raise Unexpected(f"no form for …{action_ends} on {self.url}: {self.said()}")

    def has_form(self, action_ends: str) -> bool:
        return any(form.get("action").split("?")[0].endswith(action_ends) for form in self.root.all("form"))

    def said(self) -> str:
        """What the page tells its reader, in short: its alerts, else its heading, else its beginning."""
        alerts = [one.text for one in self.root.all(css="alert")]
        heading = self.root.first("h1")
        return " / ".join(alerts)[:200] or (heading.text if heading else self.text[:120])


class Person:
    """One person's browser. Every method raises `Unexpected` where the answer has another status than expected."""

    def __init__(self, name: str, base_url: str, language: str = "zh-CN,zh;q=0.9") -> None:
        self.name = name
        self.base_url = base_url
        self.jar = CookieJar(policy=DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._cookies = httpx.Cookies(self.jar)
        # The client's own jar keeps nothing: httpx copies it for each request, and the copy loses the policy.
        self.client = httpx.Client(
            transport=LocalNames(),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=TIMEOUT,
            trust_env=False,
            headers={"Accept-Language": language, "User-Agent": "Mozilla/5.0 (shixun walkthrough)"},
        )
        self.at: str | None = None  # the page that the person looks at: where links and forms come from

    def close(self) -> None:
        """Close the browser's connections."""
        self.client.close()

    def get(self, url: str, expect: int | None = 200, *, typed: bool = False, **headers: str) -> Page:
        """Go to an address: by a link of the present page, or typed in."""
        page = self.go("GET", urljoin(self.base_url, url), None if typed else self.at, expect, headers=headers)
        self.at = page.url
        return page

    def fetch(self, method: str, url: str, expect: int | None = 200, body: Any = None, **headers: str) -> Page:
        """A request of a page's script; the person stays where they are."""
        sent = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "application/json", **headers}
        return self.go(method, urljoin(self.base_url, url), self.at, expect, headers=sent, json=body)

    def frame(self, url: str, expect: int | None = 200) -> Page:
        """What a frame of the present page loads."""
        return self.go("GET", urljoin(self.base_url, url), self.at, expect, headers={"Sec-Fetch-Dest": "iframe"})

    def submit(
        self,
        page: Page,
        form: Element,
        filled: Mapping[str, object] | None = None,
        *,
        expect: int | None = 200,
        files: Files | None = None,
    ) -> Page:
        """Send a form as the person filled it in."""
        url = urljoin(page.url, form.get("action") or page.url)
        data = {**form_fields(form), **(filled or {})}
        found = self.go("POST", url, page.url, expect, data=data, files=files)
        self.at = found.url
        return found

    def press(
        self, page: Page, action_ends: str, filled: Mapping[str, object] | None = None, *, expect: int | None = 200
    ) -> Page:
        """Press the button of the form whose action ends so."""
        return self.submit(page, page.form(action_ends), filled, expect=expect)

    def send_part(self, page: Page, url: str, filled: Mapping[str, object], *, expect: int | None = 200) -> Page:
        """What htmx posts from a page: a form with the token in a header, answered with a part of the page."""
        headers = {"HX-Request": "true", "X-CSRFToken": page.csrf, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        return self.go("POST", urljoin(page.url, url), page.url, expect, headers=headers, data=dict(filled))

    def cookies_for(self, url: str) -> str:
        """The Cookie header for an address."""
        request = httpx.Request("GET", url)
        self._cookies.set_cookie_header(request)
        return str(request.headers.get("Cookie", ""))

    def cookie(self, url: str, name: str) -> str:
        """One cookie of a host; empty without it."""
        for part in self.cookies_for(url).split("; "):
            found, _, value = part.partition("=")
            if found == name:
                return value
        return ""

    def ask(self, method: str, url: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        """One request with this person's cookies, nothing else added, nothing followed."""
        answer = self.client.request(method, url, headers={**headers, "Cookie": self.cookies_for(url)}, **more)
        self._cookies.extract_cookies(answer)
        return answer

    def go(self, method: str, url: str, initiator: str | None, expect: int | None, **more: Any) -> Page:
        """One request and the redirects that follow it. `initiator`: the page that caused it, None for a typed address."""
        headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", **(more.pop("headers", None) or {})}
        site, visited = "same-origin" if initiator else "none", []
        order = ("same-origin", "same-site", "cross-site")
        for _hop in range(HOPS):
            url = urldefrag(url).url
            relation = _relation(initiator, url)
            # A chain of redirects is as foreign as its most foreign address.
            site = relation if relation == "none" else max(site, relation, key=order.index)
            sent = {**headers, "Sec-Fetch-Site": site}
            if method not in {"GET", "HEAD"} and initiator:
                sent["Origin"] = origin_of(initiator)
            answer = self.ask(method, url, headers=sent, **more)
            visited.append(url)
            if answer.status_code not in {301, 302, 303, 307, 308} or "Location" not in answer.headers:
                break
            url = urljoin(url, answer.headers["Location"])
            if answer.status_code in {301, 302, 303}:
                method, more = "GET", {}
        else:
            raise Unexpected(f"{visited[0]} redirects without end: {visited[-4:]}")
        page = Page(url, answer.status_code, answer.headers, answer.content, tuple(visited))
        if expect is not None and page.status != expect:
            request_id = page.headers.get("X-Request-Id", "none")
            raise Unexpected(
                f"{self.name}: {visited[0]} answered {page.status} instead of {expect} "
                f"(at {page.url}, request {request_id}): {page.said()}"
            )
        return page
