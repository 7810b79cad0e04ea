"""The steps of one lab's start, for the progress stream of the hub."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

STEPS: Final[dict[str, tuple[int, str, str]]] = {
    "network": (5, "检查实验网络", "Checking the labs' network"),
    "queue": (8, "前面还有实验在启动，正在排队", "Other labs are starting, yours is next in line"),
    "create": (15, "准备您的实验环境", "Preparing your lab"),
    "plant": (35, "启动设备", "Starting the plant"),
    "server": (60, "恢复上次的作业并启动 JupyterLab", "Restoring your work and starting JupyterLab"),
    "ready": (95, "实验已就绪", "The lab is ready"),
}


class Progress:
    """Steps as they are reached; any number of readers follow them from the first on."""

    def __init__(self) -> None:
        self.lang = "zh"
        self._events: list[dict[str, Any]] = []
        self._more = asyncio.Event()

    def add(self, step: str) -> None:
        """Reports that `step` (a key of STEPS) began."""
        percent, zh, en = STEPS[step]
        message = en if self.lang == "en" else zh
        self._events.append({"progress": percent, "message": message, "messages": {"zh": zh, "en": en}, "step": step})
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Every step from the first; ends after the last. The hub stops reading when the start ends otherwise."""
        at = 0
        while True:
            while at < len(self._events):
                event = self._events[at]
                at += 1
                yield event
                if event["step"] == "ready":
                    return
            await self._more.wait()
