"""Catching what a cell shows, within a budget, as notebook outputs."""

from __future__ import annotations

import io
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher

KINDS = ("text/plain", "text/markdown", "text/latex", "text/html", "image/png", "image/jpeg")
MAX_OUTPUTS = 200  # of one cell


class OutputLimitError(RuntimeError):
    """The notebook has shown more than it may; raised in the trainee's code where it writes."""


class Outputs:
    """The outputs of the cell that runs. The budget, in characters, is the whole notebook's."""

    def __init__(self, budget: int) -> None:
        self._left = budget
        self._cell: list[dict[str, Any]] = []
        self.exceeded = False
        self.muted = False

    def take(self) -> list[dict[str, Any]]:
        """The outputs since the last call."""
        cell, self._cell = self._cell, []
        return cell

    def stream(self, name: str, text: str) -> None:
        """Add to a stream; text behind the same stream joins it."""
        if self.muted:
            return
        self._spend(len(text))
        if self._cell and self._cell[-1].get("name") == name:
            self._cell[-1]["text"] += text
        else:
            self._add({"output_type": "stream", "name": name, "text": text})

    def data(self, output_type: str, bundle: dict[str, Any]) -> None:
        """Add a display or a result; kinds that a page can't show safely are left out."""
        if self.muted:
            return
        kept = {kind: str(bundle[kind]) for kind in KINDS if kind in bundle}
        self._spend(sum(map(len, kept.values())))
        self._add({"output_type": output_type, "data": kept})

    def error(self, name: str, text: str, traceback: list[str]) -> None:
        """Add an exception. An error is always kept, cut to what is left and a little more: it says what went wrong."""
        if not self.muted:
            lines = [line[:2000] for line in traceback[-30:]]
            self._cell.append({"output_type": "error", "ename": name[:200], "evalue": text[:2000], "traceback": lines})

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            self.exceeded = True
            raise OutputLimitError("输出过多 / too much output")

    def _add(self, output: dict[str, Any]) -> None:
        if len(self._cell) >= MAX_OUTPUTS:
            self.exceeded = True
            raise OutputLimitError("输出过多 / too much output")
        self._cell.append(output)


class Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the notebook."""

    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        super().__init__()
        self.name = name
        self._outputs = outputs

    def write(self, text: str) -> int:
        """See io."""
        self._outputs.stream(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        """See io."""
        return True


class Publisher(DisplayPublisher):
    """What `display()` shows."""

    outputs: Outputs

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **_more: Any) -> None:
        """See IPython."""
        self.outputs.data("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        """See IPython."""
        self.outputs.take()


class ResultHook(DisplayHook):
    """What the value of a cell's last line shows."""

    outputs: Outputs

    def start_displayhook(self) -> None:
        """See IPython."""

    def write_output_prompt(self) -> None:
        """See IPython: pages have no prompts."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """See IPython."""
        self.outputs.data("execute_result", format_dict)

    def finish_displayhook(self) -> None:
        """See IPython."""
