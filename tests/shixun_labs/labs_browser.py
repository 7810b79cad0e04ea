"""A browser for the labs' tests: names under localhost go to this machine, cookies are kept per host, redirects are followed."""

import http.client
import json
import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect


@dataclass
class Page:
    url: str
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


@dataclass
class Browser:
    """One person's browser."""

    jar: dict[str, dict[str, str]] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)

    def cookies(self, url: str) -> str:
        host = urlsplit(url).hostname or ""
        kept = {
            n: v
            for domain, jar in self.jar.items()
            if host == domain or host.endswith(f".{domain}")
            for n, v in jar.items()
        }
        return "; ".join(f"{name}={value}" for name, value in kept.items())

    def ask(self, method: str, url: str, body: object = None, *, follow: bool = True, **headers: str) -> Page:
        for _hop in range(20):
            page = self._once(method, url, body, headers)
            self.visited.append(url)
            if not follow or page.status not in (301, 302, 303, 307) or "Location" not in page.headers:
                return page
            url, method, body = urljoin(url, page.headers["Location"]), "GET", None
        raise AssertionError(f"too many redirects: {self.visited[-6:]}")

    def get(self, url: str, **more: Any) -> Page:
        return self.ask("GET", url, **more)

    def _once(self, method: str, url: str, body: object, headers: dict[str, str]) -> Page:
        parts = urlsplit(url)
        host = parts.hostname or ""
        sent = {"Host": parts.netloc, "Cookie": self.cookies(url), "Connection": "close", "Sec-Fetch-Mode": "navigate"}
        if method != "GET":
            sent |= {"X-XSRFToken": self.jar.get(host, {}).get("_xsrf", ""), "Content-Type": "application/json"}
            sent["Sec-Fetch-Mode"] = "cors"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(
            "127.0.0.1" if host.endswith("localhost") else host, parts.port, timeout=120
        )
        try:
            path = quote(parts.path or "/", safe="/%:@,+=~()") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            found = re.match(r"([^=;]+)=([^;]*)", line)
            assert found
            shared = re.search(r"[Dd]omain=\.?([^;]+)", line)
            jar = self.jar.setdefault(shared[1] if shared else host, {})
            if "max-age=0" in line.lower() or "expires=thu, 01 jan 1970" in line.lower() or not found[2].strip('"'):
                jar.pop(found[1], None)
            else:
                jar[found[1]] = found[2]
        return Page(url, response.status, response.headers, data)

    async def socket(self, url: str) -> WebSocketClientConnection:
        parts = urlsplit(url)
        address = f"ws://127.0.0.1:{parts.port}{parts.path}?{parts.query}"
        headers = {"Host": parts.netloc, "Cookie": self.cookies(url), "Origin": f"http://{parts.netloc}"}
        return await websocket_connect(HTTPRequest(address, headers=headers))
