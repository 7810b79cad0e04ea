"""The pipes of a sandbox that is a child process. Stdout is the talk; of stderr only the last part is kept, for logs."""

from __future__ import annotations

import os
import select
import subprocess

CHUNK = 65536
KEPT_ERRORS = 8192


class PipeTransport:
    """Non-blocking pipes to a child started with stdin, stdout and stderr as pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("the process has no pipes")
        self._files = (process.stdin, process.stdout, process.stderr)
        self._stdin, self._stdout, self._stderr = (file.fileno() for file in self._files)
        for fd in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(fd, False)
        self._stderr_open = True
        self.errors = b""

    def exchange(self, outgoing: memoryview, seconds: float) -> tuple[bytes, int]:
        """See `Transport`."""
        if self._stderr_open:
            self._drain_errors()
        poll = select.poll()
        poll.register(self._stdout, select.POLLIN)
        if self._stderr_open:
            poll.register(self._stderr, select.POLLIN)
        if outgoing:
            poll.register(self._stdin, select.POLLOUT)
        data, written = b"", 0
        for fd, events in poll.poll(max(1, int(seconds * 1000))):
            if fd == self._stdin:
                if events & (select.POLLERR | select.POLLNVAL):
                    raise EOFError
                written = os.write(self._stdin, outgoing[:CHUNK])
            elif fd == self._stderr:
                self._drain_errors()
            else:
                data = os.read(self._stdout, CHUNK)
                if not data:
                    raise EOFError
        return data, written

    def close(self) -> None:
        """See `Transport`."""
        for file in self._files:
            try:
                file.close()
            except BrokenPipeError:
                continue  # nothing was buffered: the descriptor is closed all the same

    def _drain_errors(self) -> None:
        try:
            chunk = os.read(self._stderr, CHUNK)
        except BlockingIOError:
            return
        self._stderr_open = bool(chunk)
        self.errors = (self.errors + chunk)[-KEPT_ERRORS:]
