"""The notebook in the lab, as JupyterLab runs it: the contents API, a session, the kernel's channels over a websocket."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import websocket

from shixun.commands.walk.browser import Person, is_local, origin_of
from shixun.commands.walk.report import Unexpected

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Lab:
    """A running lab. `url` ends in `/user/<id>`."""

    person: Person
    url: str

    @classmethod
    def at(cls, person: Person, address: str) -> "Lab":
        """The lab that an address inside it belongs to."""
        parts = urlsplit(address)
        return cls(person, f"{origin_of(address)}/{'/'.join(parts.path.split('/')[1:3])}")

    def ask(self, method: str, path: str, body: Any = None, expect: int | None = 200) -> Any:
        """One call of the lab server's API, with its token as JupyterLab sends it. Returns the JSON, None where there is none."""
        headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        headers["X-XSRFToken"] = self.person.cookie(f"{self.url}/", "_xsrf")
        page = self.person.go(method, f"{self.url}/{path}", f"{self.url}/lab", expect, headers=headers, json=body)
        return page.json() if page.body else None

    def notebook(self, path: str) -> Notebook:
        """A notebook's content."""
        found: Notebook = self.ask("GET", f"api/contents/{quote(path)}")["content"]
        return found

    def save(self, path: str, notebook: Notebook) -> None:
        """Save it, as Ctrl+S does."""
        self.ask("PUT", f"api/contents/{quote(path)}", {"type": "notebook", "format": "json", "content": notebook})

    def run(self, path: str, notebook: Notebook, seconds: float) -> float:
        """Run all code cells in a fresh kernel; outputs go into the notebook. Raises `Unexpected` at the first error.

        Returns the number of code cells run. `seconds` bounds each cell.
        """
        name = path.rsplit("/", 1)[-1]
        asked = {"path": path, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        session = self.ask("POST", "api/sessions", asked, expect=201)
        try:
            channels = Channels(self, session["kernel"]["id"], seconds)
            try:
                count = 0
                for cell in notebook["cells"]:
                    if cell["cell_type"] == "code":
                        count += 1
                        cell["outputs"] = channels.execute(cell["source"])
                        cell["execution_count"] = count
                        _refuse_errors(cell)
            finally:
                channels.close()
        finally:
            self.ask("DELETE", f"api/sessions/{session['id']}", expect=None)
        return count


def _refuse_errors(cell: dict[str, Any]) -> None:
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            raise Unexpected(f"cell {cell.get('id')} of the notebook: {output['ename']}: {output['evalue']}")


class Channels:
    """The kernel's channels. Messages follow the Jupyter messaging protocol 5.3."""

    def __init__(self, lab: Lab, kernel: str, seconds: float) -> None:
        self._session = uuid.uuid4().hex
        address = urlsplit(f"{lab.url}/api/kernels/{kernel}/channels?session_id={self._session}")
        host = "127.0.0.1" if is_local(address.hostname or "") else address.hostname
        scheme = "wss" if address.scheme == "https" else "ws"
        port = f":{address.port}" if address.port else ""
        self._socket = websocket.create_connection(
            f"{scheme}://{host}{port}{address.path}?{address.query}",
            timeout=seconds,
            host=address.netloc,
            origin=f"{address.scheme}://{address.netloc}",
            cookie=lab.person.cookies_for(f"{lab.url}/"),
        )

    def close(self) -> None:
        self._socket.close()

    def execute(self, code: str) -> list[dict[str, Any]]:
        """Run one cell; returns its outputs in nbformat's form."""
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": self._session, "username": "", "date": ""}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {
            "header": {**header, "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
        self._socket.send(json.dumps(message))
        outputs: list[dict[str, Any]] = []
        while True:
            try:
                answer = json.loads(self._socket.recv())
            except websocket.WebSocketTimeoutException:
                raise Unexpected(f"the kernel said nothing for long; the cell begins {code[:60]!r}") from None
            except (websocket.WebSocketException, OSError, ValueError) as error:
                raise Unexpected(f"the kernel's channel broke: {error}") from None
            if answer["parent_header"].get("msg_id") != asked:
                continue
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return outputs
            _collect(outputs, answer["msg_type"], answer["content"])


def _collect(outputs: list[dict[str, Any]], kind: str, content: dict[str, Any]) -> None:
    if kind == "stream":
        if outputs and outputs[-1]["output_type"] == "stream" and outputs[-1]["name"] == content["name"]:
            outputs[-1]["text"] += content["text"]
        else:
            outputs.append({"output_type": "stream", "name": content["name"], "text": content["text"]})
    elif kind in {"display_data", "execute_result"}:
        made = {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
        outputs.append(made | ({"execution_count": content["execution_count"]} if kind == "execute_result" else {}))
    elif kind == "error":
        outputs.append({"output_type": "error", **{name: content[name] for name in ("ename", "evalue", "traceback")}})


def printed(notebook: Notebook) -> str:
    """Everything that the notebook's cells printed."""
    return "".join(
        output["text"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )
