"""Assignments as nbgrader shows them, over the exchange listener: list, fetch, submit, feedback.

Used by the lab server's routes (extension.py) and by nbgrader's command line (plugin.py).
"""

import base64
import datetime
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shixun_labs.exchange import workspace
from shixun_labs.exchange.client import Away, ExchangeFailure, File, Listener, Refused
from shixun_labs.exchange.messages import say

MAX_SUBMISSION = 32 * 1024 * 1024  # bytes of all files together, before the listener's own and smaller limits
OUTBOX = ".shixun/outbox"  # below the home: submissions that the listener has not received yet


@dataclass(frozen=True)
class Assignments:
    """The trainee's view: `root` is the folder that JupyterLab shows, each assignment a folder in it."""

    root: Path
    listener: Listener | None

    @property
    def lang(self) -> str:
        return self.listener.lang if self.listener else "zh"

    def released(self) -> list[dict[str, Any]]:
        """The assignments as the listener describes them."""
        return self._listener().assignments()

    def listing(self) -> list[dict[str, Any]]:
        """nbgrader's rows: status `released` or `fetched`, and one `submitted` row with all submissions of an assignment."""
        rows: list[dict[str, Any]] = []
        for item in self._listener().assignments():
            name, course = str(item.get("assignment_id", "")), str(item.get("course_id", ""))
            if not _is_folder_name(name):
                continue
            row = {"course_id": course, "assignment_id": name, "path": name}
            rows.append(row | self._fetched_or_released(name, item))
            submissions = [self._submission_row(name, entry) for entry in item.get("submissions") or []]
            submissions += [self._kept_row(kept) for kept in self.kept() if kept["assignment"] == name]
            if submissions:
                submissions.sort(key=lambda entry: str(entry["timestamp"]))
                rows.append(row | {"status": "submitted", "notebooks": [], "submissions": submissions})
        return rows

    def fetch(self, name: str, *, replace_missing: bool = False) -> list[str]:
        """Brings the released files and returns their paths; files that exist are the trainee's and stay as they are."""
        if not _is_folder_name(name):
            raise Refused(say("unknown-assignment", self.lang, name=name), "unknown-assignment", 404)
        folder = self.root / name
        if folder.is_dir() and not replace_missing and any(workspace.walk(self.root, name)):
            return []
        brought = []
        for file in self._listener().assignment_files(name):
            path = f"{name}/{file.path}"
            if not (self.root / path).exists():
                self._write(path, file.data)
                brought.append(path)
        return brought

    def submit(self, name: str, *, required: list[str] | None = None) -> dict[str, Any]:
        """Hands in the folder of `name` and returns the receipt.

        Where the listener is away the submission stays in the outbox and goes out with `send_kept`; Away says so.
        `required` names notebooks without which nothing is handed in.
        """
        files = self._collect(name)
        missing = sorted(set(required or []) - {file.path for file in files})
        if missing:
            raise Refused(say("missing-notebooks", self.lang, names=", ".join(missing)), "missing-notebooks", 422)
        for older in self.kept():
            if older["assignment"] == name:  # the newer one holds all that the older one did
                self._outbox(older["key"]).unlink(missing_ok=True)
        key = str(uuid.uuid4())
        kept = {"assignment": name, "key": key, "made_at": _now(), "files": [file.to_json() for file in files]}
        self._outbox(key).parent.mkdir(parents=True, exist_ok=True)
        try:
            workspace.write_whole(self._outbox(key), json.dumps(kept).encode())
        except OSError:  # no room to keep it: it goes out all the same, it only isn't kept
            return self._listener().submit(name, key, files)
        try:
            return self._send(name, key, files)
        except Away as away:
            raise Away(say("submission-kept", self.lang)) from away

    def send_kept(self) -> int:
        """Sends what the outbox holds; returns how many were received. Raises Away when the listener still is."""
        sent = 0
        for kept in self.kept():
            files = [File(item["path"], base64.b64decode(item["data"])) for item in kept["files"]]
            try:
                self._send(kept["assignment"], kept["key"], files)
            except Refused:
                continue  # _send dropped it: the listener will never take it
            sent += 1
        return sent

    def kept(self) -> list[dict[str, Any]]:
        """The outbox, oldest first; files that are no submissions of ours are left out."""
        found = []
        for path in sorted((self.root / OUTBOX).glob("*.json")):
            try:
                kept = json.loads(path.read_bytes())
                complete = {"assignment", "key", "made_at", "files"} <= kept.keys() and kept["key"] == path.stem
            except (OSError, ValueError, AttributeError):
                continue
            if complete:
                found.append(kept)
        return sorted(found, key=lambda kept: str(kept["made_at"]))

    def fetch_feedback(self, name: str) -> int:
        """Brings the feedback of every submission of `name` that has some; returns the number of pages written."""
        written = 0
        for item in self._listener().assignments():
            if item.get("assignment_id") != name:
                continue
            for submission in item.get("submissions") or []:
                if not submission.get("feedback"):
                    continue
                folder = self._feedback_folder(name, submission)
                for file in self._listener().feedback(str(submission["id"])):
                    self._write(f"{folder}/{file.path}", file.data)
                    written += 1
        if not written:
            raise Refused(say("no-feedback", self.lang), "no-feedback", 404)
        return written

    def _listener(self) -> Listener:
        if self.listener is None:
            raise Refused(say("no-platform", self.lang), "no-platform", 503)
        return self.listener

    def _send(self, name: str, key: str, files: list[File]) -> dict[str, Any]:
        try:
            receipt = self._listener().submit(name, key, files)
        except Refused as refusal:
            if refusal.status not in (401, 403):  # an ended session may be opened again; any other no is final
                self._outbox(key).unlink(missing_ok=True)
            raise
        self._outbox(key).unlink(missing_ok=True)
        return receipt

    def _outbox(self, key: str) -> Path:
        return self.root / OUTBOX / f"{key}.json"

    def _collect(self, name: str) -> list[File]:
        if not _is_folder_name(name) or not (self.root / name).is_dir():
            raise Refused(say("not-fetched", self.lang, name=name), "not-fetched", 404)
        found = list(workspace.walk(self.root, name))
        size = sum(entry.size for entry in found)
        if size > MAX_SUBMISSION:
            limit = MAX_SUBMISSION // 1024**2
            raise Refused(say("too-much", self.lang, size=-(-size // 1024**2), limit=limit), "too-much", 413)
        files = []
        for entry in found:
            data = workspace.read(self.root, entry.path, MAX_SUBMISSION)
            if data is not None:
                files.append(File(entry.path.removeprefix(f"{name}/"), data))
        if not files:
            raise Refused(say("nothing-to-submit", self.lang, name=name), "nothing-to-submit", 422)
        return files

    def _write(self, path: str, data: bytes) -> None:
        try:
            workspace.write(self.root, path, data)
        except workspace.UnsafePath as error:
            raise Refused(say("unsafe-path", self.lang, path=path), "unsafe-path", 422) from error
        except OSError as error:
            raise ExchangeFailure(say("no-disk", self.lang, path=path)) from error

    def _fetched_or_released(self, name: str, item: dict[str, Any]) -> dict[str, Any]:
        here = [entry.path for entry in workspace.walk(self.root, name) if entry.path.endswith(".ipynb")]
        if (self.root / name).is_dir():
            return {"status": "fetched", "notebooks": [_notebook(path) for path in here]}
        return {
            "status": "released",
            "notebooks": [_notebook(f"{name}/{path}") for path in item.get("notebooks") or []],
        }

    def _feedback_folder(self, name: str, submission: dict[str, Any]) -> str:
        return f"{name}/feedback/{_local(str(submission.get('submitted_at', ''))).replace(':', '-')}"

    def _submission_row(self, name: str, submission: dict[str, Any]) -> dict[str, Any]:
        folder = self._feedback_folder(name, submission)
        here = (self.root / folder).is_dir()
        state = str(submission.get("state", "queued"))
        score = {"score": submission.get("score"), "max": submission.get("max_score")}
        known = state in ("queued", "running", "graded", "refused", "failed")
        note = say(f"state-{state}", self.lang, **score) if known else state
        return {
            "timestamp": f"{_local(str(submission.get('submitted_at', '')))} · {note}",
            "has_local_feedback": here,
            "has_exchange_feedback": bool(submission.get("feedback")),
            "feedback_updated": False,
            "local_feedback_path": folder if here else None,
            "notebooks": [],
        } | {key: submission.get(key) for key in ("id", "state", "score", "max_score", "submitted_at")}

    def _kept_row(self, kept: dict[str, Any]) -> dict[str, Any]:
        return {
            "timestamp": f"{_local(str(kept['made_at']))} · {say('state-kept', self.lang)}",
            "has_local_feedback": False,
            "has_exchange_feedback": False,
            "feedback_updated": False,
            "local_feedback_path": None,
            "notebooks": [],
            "state": "kept",
        }


def _is_folder_name(name: str) -> bool:
    try:
        return len(workspace.safe_relative(name).parts) == 1
    except workspace.UnsafePath:
        return False


def _notebook(path: str) -> dict[str, str]:
    return {"notebook_id": Path(path).stem, "path": path}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _local(moment: str) -> str:
    """An ISO 8601 time in the lab's own zone (TZ is the center's), to the second; anything else as it came."""
    try:
        return datetime.datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return "".join(character for character in moment if character.isalnum() or character in "- :")[:40]
