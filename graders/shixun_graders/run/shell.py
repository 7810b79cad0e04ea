"""IPython's shell, set up as a notebook's: outputs caught, no history file, no input, figures inline."""

from __future__ import annotations

import asyncio
import builtins
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from shixun_graders.run.outputs import OutputLimitError, Outputs, Publisher, ResultHook, Stream


class NotebookShell(InteractiveShell):
    """A shell whose outputs go to `outputs`."""

    outputs: Outputs

    @classmethod
    def for_notebook(cls, budget: int) -> NotebookShell:
        """The process's only shell; `budget` is the characters that the notebook may show."""
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.banner1 = ""
        config.InteractiveShell.display_page = True
        shell: NotebookShell = cls.instance(config=config, display_pub_class=Publisher, displayhook_class=ResultHook)
        shell.outputs = Outputs(budget)
        shell.display_pub.outputs = shell.outputs
        shell.displayhook.outputs = shell.outputs
        sys.stdout, sys.stderr = Stream("stdout", shell.outputs), Stream("stderr", shell.outputs)
        builtins.input = _no_input
        return shell

    def run(self, loop: asyncio.AbstractEventLoop, source: str) -> list[dict[str, Any]]:
        """Run one cell, whatever it does, and return its outputs. The loop runs meanwhile, as in Jupyter."""
        try:
            loop.run_until_complete(self._run(source))
        except OutputLimitError as error:
            self.outputs.error("OutputLimitError", str(error), [])
        except BaseException as error:
            # Even what IPython lets through must not keep the next cells from running.
            self.outputs.error(type(error).__name__, "", [])
        return self.outputs.take()

    async def _run(self, source: str) -> None:
        transformed, problem = source, None
        try:
            transformed = self.transform_cell(source)  # type: ignore[no-untyped-call]
        except Exception:
            problem = sys.exc_info()
        result = await self.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
        )
        self.events.trigger("post_execute")
        self.events.trigger("post_run_cell", result)

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to show; figures are inline."""

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except BaseException:
            text = ""
        self.outputs.error(etype.__name__, text, "\n".join(stb).split("\n"))


def _no_input(prompt: object = "") -> str:
    raise RuntimeError("评分时不能用 input() / input() isn't available while grading")
