"""Work that outlives the container: files are pushed to the platform as they change, and brought back at start.

The files on disk are the queue: a file counts as pushed only when the listener acknowledged these bytes, so a listener that is away
costs nothing but time. Nothing is pushed before the first restore came through: an empty lab must never overwrite saved work.
"""

import contextlib
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from shixun_labs.exchange import workspace
from shixun_labs.exchange.assignments import Assignments
from shixun_labs.exchange.client import Away, ExchangeFailure, File, Listener, Refused

MAX_FILE = 8 * 1024 * 1024  # bytes, the listener's limit for one file
MAX_FILES = 64  # the listener's limit for one trainee in one lab
SWEEP_SECONDS = 30.0  # how often files that a kernel wrote are looked for
RETRY_SECONDS = 60.0  # the longest wait between two tries while the listener is away

log = logging.getLogger("shixun")


class Saves:
    """Restores once, then keeps the platform's copy of `root` up to date from one thread.

    `listener` None (a lab without a platform) makes every call a no-op.
    """

    def __init__(self, root: Path, listener: Listener | None) -> None:
        self.root = root
        self.listener = listener
        self.restored = listener is None
        self.away = False
        self._pushed: dict[str, str] = {}  # path: sha256 that the platform has, or refused for good
        self._seen: dict[str, tuple[int, int]] = {}  # path: (size, mtime) when it was pushed
        self._lock = threading.Lock()  # one restore or sweep at a time
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.after_contact: list[Callable[[], object]] = []

    def restore(self) -> bool:
        """Brings saved work back; True when the platform's copy is here. Local files that differ are kept beside it."""
        if self.listener is None or self.restored:
            return True
        with self._lock:
            try:
                files = self.listener.saved_work()
            except ExchangeFailure as failure:
                self.away = isinstance(failure, Away)
                log.warning("saved work could not be restored yet: %s", failure)
                return False
            for file in files:
                self._restore_one(file)
            self.restored = True
            self.away = False
            return True

    def _restore_one(self, file: File) -> None:
        try:
            target = self.root / workspace.safe_relative(file.path)
        except workspace.UnsafePath:
            log.warning("saved work has an unusable name, left at the platform: %r", file.path)
            return
        path = file.path
        here = workspace.read(self.root, path, MAX_FILE)
        if target.exists() and here != file.data:  # made before the platform answered: both are kept
            path = str(
                Path(path).with_name(
                    f"{target.stem} ({(file.saved_at or 'saved')[:19].replace(':', '-')}){target.suffix}"
                )
            )
        try:
            workspace.write(self.root, path, file.data)
        except (OSError, workspace.UnsafePath) as error:
            log.warning("%s could not be restored: %s", path, error)
            return
        self._pushed[file.path] = _digest(file.data)

    def pending(self) -> list[str]:
        """Files that changed since the platform last acknowledged them, notebooks first, at most MAX_FILES known in all."""
        found = sorted(
            workspace.walk(self.root), key=lambda entry: (not entry.path.endswith(".ipynb"), -entry.mtime_ns)
        )
        fitting = [entry for entry in found if entry.size <= MAX_FILE]
        changed = []
        for entry in fitting[:MAX_FILES]:
            if self._seen.get(entry.path) != (entry.size, entry.mtime_ns):
                changed.append(entry.path)
        return changed

    def leave(self, paths: list[str]) -> None:
        """Files that the platform has anyway, as released ones: they are pushed only once they change."""
        for path in paths:
            with contextlib.suppress(OSError):
                status = (self.root / path).stat(follow_symlinks=False)
                self._seen[path] = (status.st_size, status.st_mtime_ns)

    def sweep(self, deadline: float | None = None) -> bool:
        """Pushes what changed; True when nothing is left to push. `deadline` is a time.monotonic() after which it stops."""
        if self.listener is None:
            return True
        if not self.restored and not self.restore():
            return False
        with self._lock:
            for path in self.pending():
                if deadline is not None and time.monotonic() > deadline:
                    return False
                if not self._push(self.listener, path):
                    return False
            # Last, so that a renamed file is safe under its new name first.
            return all(self._remove(self.listener, path) for path in self.gone())

    def gone(self) -> list[str]:
        """Files that the platform keeps and that the trainee has deleted or renamed since they were brought back or pushed."""
        return [path for path in self._pushed if not os.path.lexists(self.root / path)]

    def _remove(self, listener: Listener, path: str) -> bool:
        try:
            listener.remove_work(path)
        except Away:
            self.away = True
            return False
        except Refused as refusal:
            log.warning("%s was not removed at the platform: %s", path, refusal)
            return False
        self._pushed.pop(path, None)
        self._seen.pop(path, None)
        return True

    def _push(self, listener: Listener, path: str) -> bool:
        try:
            status = (self.root / path).stat(follow_symlinks=False)
        except OSError:
            return True  # gone meanwhile
        data = workspace.read(self.root, path, MAX_FILE)
        if data is None:
            return True
        if self._pushed.get(path) != _digest(data):
            try:
                listener.save_work(File(path, data))
            except Away:
                self.away = True
                return False
            except Refused as refusal:
                if refusal.status in (401, 403):
                    return False
                log.warning("%s was not saved at the platform: %s", path, refusal)  # until it changes again
        self.away = False
        self._pushed[path] = _digest(data)
        self._seen[path] = (status.st_size, status.st_mtime_ns)
        return True

    def start(self) -> None:
        """Starts the thread that pushes."""
        if self.listener is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="shixun-saves", daemon=True)
            self._thread.start()

    def saved(self) -> None:
        """Tells the thread that something was just saved; returns at once."""
        self._wake.set()

    def stop(self, seconds: float = 5.0) -> bool:
        """Ends the thread after a last sweep of at most `seconds`; True when everything reached the platform."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=seconds)
        return self.sweep(time.monotonic() + seconds)

    def _run(self) -> None:
        wait = 0.0 if self.restored else 2.0
        while not self._stop.is_set():
            self._wake.wait(wait or SWEEP_SECONDS)
            self._wake.clear()
            if self._stop.is_set():
                return
            done = False
            try:
                done = self.sweep()
                if done:
                    for call in self.after_contact:
                        call()
            except ExchangeFailure:
                done = False
            except Exception:  # a bug here must not end saving for the rest of the session
                log.exception("saving work failed")
            wait = 0.0 if done else min(max(wait * 2, 2.0), RETRY_SECONDS)


def send_kept_submissions(assignments: Assignments) -> Callable[[], None]:
    """A call for `Saves.after_contact`: submissions that were kept while the listener was away go out."""

    def call() -> None:
        with contextlib.suppress(Away):
            sent = assignments.send_kept()
            if sent:
                log.info("%d submission(s) kept in this lab were received by the platform", sent)

    return call


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
