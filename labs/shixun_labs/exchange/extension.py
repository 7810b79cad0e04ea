"""The lab server's own routes: nbgrader's assignment list, the plant's HMI, and how far the work is saved.

nbgrader's front end asks the routes of nbgrader's server extensions. Importing those costs 0.7 s and 42 MB for each lab, so the few
routes that a trainee's lab needs are answered here, and validation runs in a process of its own that ends again.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.application import ExtensionApp
from tornado import web

from shixun_labs.exchange import hmi
from shixun_labs.exchange.assignments import Assignments
from shixun_labs.exchange.client import Away, ExchangeFailure, Listener
from shixun_labs.exchange.messages import say
from shixun_labs.exchange.saves import Saves, send_kept_submissions

VALIDATE_SECONDS = 300
_VALIDATE = """
import json, sys
from nbgrader.validator import Validator
print(json.dumps(Validator().validate(sys.argv[1])))
"""


class LabHandler(JupyterHandler):  # type: ignore[misc]  # untyped base
    """What the routes share: the assignments, the language, JSON answers."""

    @property
    def assignments(self) -> Assignments:
        found: Assignments = self.settings["shixun_assignments"]
        return found

    def answer(self, body: object) -> None:
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(json.dumps(body, ensure_ascii=False))

    async def reply(self, work: Callable[[], Any]) -> dict[str, Any]:
        """nbgrader's form of an answer around `work`, which runs in a thread: waiting for the platform holds up nobody."""
        try:
            return {"success": True, "value": await asyncio.to_thread(work)}
        except ExchangeFailure as failure:
            self.log.warning("assignments: %s", failure)
            return {"success": False, "value": str(failure)}


class AssignmentListHandler(LabHandler):
    @web.authenticated
    async def get(self) -> None:
        course = self.get_argument("course_id", "")
        reply = await self.reply(self.assignments.listing)
        if reply["success"] and course:
            reply["value"] = [row for row in reply["value"] if row["course_id"] == course]
        self.answer(reply)


class CourseListHandler(LabHandler):
    @web.authenticated
    async def get(self) -> None:
        reply = await self.reply(self.assignments.listing)
        if reply["success"]:
            reply["value"] = sorted({row["course_id"] for row in reply["value"]})
        self.answer(reply)


class AssignmentActionHandler(LabHandler):
    @web.authenticated
    async def post(self, action: str) -> None:
        data = self.get_json_body() or {}
        name = str(data.get("assignment_id") or self.get_argument("assignment_id", ""))
        act: dict[str, Callable[[], Any]] = {
            "fetch": lambda: self.assignments.fetch(name, replace_missing=True),
            "submit": lambda: self.submit(name),
            "fetch_feedback": lambda: self.assignments.fetch_feedback(name),
        }
        reply = await self.reply(act[action])
        if reply["success"]:
            receipt = reply["value"]
            reply = await self.reply(self.assignments.listing)
            reply["receipt"] = receipt
        self.answer(reply)

    def submit(self, name: str) -> dict[str, Any]:
        required = None
        with contextlib.suppress(Away):  # what is handed in is kept all the same
            rows = [row for row in self.assignments.released() if row.get("assignment_id") == name]
            required = rows[0].get("notebooks") if rows else None
        return self.assignments.submit(name, required=required)


class ValidateHandler(LabHandler):
    """Runs the visible checks of one notebook in a process of its own, as nbgrader's Validate button asks."""

    @web.authenticated
    async def post(self) -> None:
        data = self.get_json_body() or {}
        root = self.assignments.root.resolve()
        notebook = (root / str(data.get("path") or self.get_argument("path", ""))).resolve()
        if not notebook.is_relative_to(root) or not notebook.is_file():
            raise web.HTTPError(404)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _VALIDATE, str(notebook)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=notebook.parent,
        )
        try:
            output, errors = await asyncio.wait_for(process.communicate(), VALIDATE_SECONDS)
            self.answer({"success": True, "value": json.loads(output)})
        except (TimeoutError, ValueError):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            reason = (
                errors.decode(errors="replace")[-2000:] if process.returncode is not None else f"{VALIDATE_SECONDS} s"
            )
            self.answer({"success": False, "value": say("validate-failed", self.assignments.lang, reason=reason)})


class VersionHandler(LabHandler):
    @web.authenticated
    def get(self) -> None:
        ours, asked = version("nbgrader"), self.get_argument("version", "")
        self.answer({"success": asked == ours, "message": f"nbgrader {ours}, front end {asked}"})


class StatusHandler(LabHandler):
    """{"restored", "away", "unsaved": [paths], "kept": submissions waiting to be sent, "plant": bool}."""

    @web.authenticated
    async def get(self) -> None:
        saves: Saves = self.settings["shixun_saves"]
        unsaved = await asyncio.to_thread(saves.pending) if saves.listener else []
        kept = await asyncio.to_thread(self.assignments.kept)
        plant = hmi.address() is not None
        self.answer(
            {"restored": saves.restored, "away": saves.away, "unsaved": unsaved, "kept": len(kept), "plant": plant}
        )


class ShixunLab(ExtensionApp):  # type: ignore[misc]  # untyped base
    """Server extension of a lab. Restores the trainee's work before the server answers, and sends the last of it when it stops."""

    name = "shixun_labs"
    brought = False
    handlers = [  # noqa: RUF012  # traitlets' own form
        (r"/assignments", AssignmentListHandler),
        (r"/assignments/(?P<action>fetch|submit|fetch_feedback)", AssignmentActionHandler),
        (r"/assignments/validate", ValidateHandler),
        (r"/courses", CourseListHandler),
        (r"/nbgrader_version", VersionHandler),
        (r"/shixun/status", StatusHandler),
        (r"/shixun/hmi", web.RedirectHandler, {"url": "hmi/"}),
        (r"/shixun/hmi/(?P<path>.*)", hmi.HmiHandler),
    ]

    def initialize_settings(self) -> None:
        root = Path(self.serverapp.root_dir)
        listener = Listener.from_environment()
        self.assignments = Assignments(root, listener)
        self.saves = Saves(root, listener)
        self.settings |= {"shixun_assignments": self.assignments, "shixun_saves": self.saves}
        self.serverapp.contents_manager.register_post_save_hook(self._saved)
        self._bring_work()
        self.saves.after_contact += [self._bring_work, send_kept_submissions(self.assignments)]
        self.saves.start()

    def _saved(self, **_what: object) -> None:
        self.saves.saved()

    def _bring_work(self) -> None:
        """Saved work first, then the assignments of this lab that the trainee has nothing of yet."""
        if self.saves.listener is None or not self.saves.restore() or self.brought:
            return
        try:
            for row in self.assignments.released():
                self.saves.leave(self.assignments.fetch(str(row.get("assignment_id", "")), replace_missing=True))
            self.brought = True
        except ExchangeFailure as failure:
            self.log.warning("the assignment was not fetched at start: %s", failure)

    async def stop_extension(self) -> None:
        if not await asyncio.to_thread(self.saves.stop):
            self.log.warning("the lab stops with work that the platform has not received: %s", self.saves.pending())


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "shixun_labs.exchange.extension", "app": ShixunLab}]
