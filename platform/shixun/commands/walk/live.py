"""Listening to the live process as a page does: one event stream, read in a thread, opened again when it is lost."""

import json
import queue
import threading
import time
from typing import Any
from urllib.parse import urljoin

import httpx

from shixun.commands.walk.browser import Person

SILENCE = 40.0  # seconds; the live process says something every 15


class Live:
    """An open event stream. Use it as a context manager; it ends with the block."""

    def __init__(self, person: Person, url: str) -> None:
        self.events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.seen: list[str] = []
        self._person, self._url = person, urljoin(person.base_url, url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Live":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()

    def next(self, seconds: float) -> tuple[str, dict[str, Any]] | None:
        """The next event, or None after so many seconds."""
        try:
            event = self.events.get(timeout=seconds)
        except queue.Empty:
            return None
        self.seen.append(event[0])
        return event

    def wait_for(self, name: str, seconds: float) -> dict[str, Any] | None:
        """The data of the next event of this name; None if it does not come in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            event = self.next(left)
            if event is not None and event[0] == name:
                return event[1]
        return None

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                self._read()
            except httpx.HTTPError:
                self._over.wait(1)

    def _read(self) -> None:
        headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin"}
        timeout = httpx.Timeout(10, read=SILENCE)
        with self._person.client.stream("GET", self._url, headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                self._over.wait(1)
                return
            name = "message"
            for line in answer.iter_lines():
                if self._over.is_set():
                    return
                if line.startswith("event:"):
                    name = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    self.events.put((name, json.loads(line.removeprefix("data:") or "{}")))
                elif not line:
                    name = "message"
