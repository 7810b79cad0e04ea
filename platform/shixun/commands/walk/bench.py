"""A lab as somebody uses it: from its page to a running plant, the notebook worked through in the real kernel, handed in, graded."""

import json
import re
import time
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from shixun.commands.installation import ROOT
from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.day import LAB, until
from shixun.commands.walk.html import Element
from shixun.commands.walk.kernel import Lab, Notebook, printed
from shixun.commands.walk.live import Live
from shixun.commands.walk.report import Step, Unexpected
from shixun_packs.lab import build_notebooks, load_lab

START_SECONDS = 150.0
CELL_SECONDS = 90.0
GRADE_SECONDS = 180.0


@cache
def solution(slug: str) -> dict[str, str]:
    """The reference solution of a lab: cell id → text, of the cells that trainees write."""
    lab = load_lab(ROOT / "labs" / "packs" / slug)
    cells = json.loads(build_notebooks(lab).source)["cells"]
    written = {cell.id for cell in lab.cells if cell.is_solution}
    return {cell["id"]: _joined(cell["source"]) for cell in cells if cell["id"] in written}


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


@dataclass
class Bench:
    """One person's lab at an address of the pages (`…/labs/<item>`)."""

    person: Person
    address: str
    lab: Lab | None = None
    sent_before: set[str] = field(default_factory=set)

    @property
    def item(self) -> str:
        return self.address.rsplit("/", 1)[-1]

    @property
    def path(self) -> str:
        return f"{self.item}/notebook.ipynb"

    def page(self) -> Page:
        return self.person.get(self.address, typed=True)

    def clear(self) -> None:
        """End whatever lab is open, so that this one starts from nothing."""
        page = self.page()
        if page.has_form("/lab/stop-other"):
            self.person.press(page, "/lab/stop-other")
        elif page.has_form("/stop"):
            stop = next(
                form for form in page.root.all("form", action=re.compile("/stop$")) if not form.first(name="again")
            )
            self.person.submit(page, stop)
        until("the lab's end", 60, lambda: self.page().has_form("/start"))

    def start(self, step: Step) -> None:
        """Press start, follow the sign-in at the hub if it is the first time, watch the start live until the lab is ready."""
        began = time.monotonic()
        page = self.person.press(self.page(), "/start")
        places = [urlsplit(url) for url in page.visited]
        if any(place.path.endswith("/oauth/authorize") for place in places):
            hosts = list(dict.fromkeys((place.hostname or "").split(".")[0] for place in places))
            step.saw("first sign-in at the hub", " → ".join(hosts))
        if page.has_form("/start"):  # back from the hub: the page's script presses it now
            form = page.form("/start")
            if form.get("hx-trigger") != "load":
                raise Unexpected(f"the lab did not start: {page.said()}")
            self.person.send_part(page, form.get("action"), {"csrf_token": page.csrf}, expect=204)
            page = self.page()
        how, steps = self._watch(page)
        step.saw("lab ready in", f"{time.monotonic() - began:.1f} s")
        step.saw("start seen", how)
        if steps:
            step.saw("steps shown", steps)

    def _watch(self, page: Page) -> tuple[str, list[str]]:
        panel = page.root.first("section", data_start_progress=True)
        if panel is None:
            if _notebook_address(page):
                return "at once", []
            raise Unexpected(f"the lab does not start: {page.said()}")
        steps: list[str] = []
        deadline = time.monotonic() + START_SECONDS
        with Live(self.person, panel.get("data-start-progress")) as live:
            while time.monotonic() < deadline:
                event = live.next(3)
                if event is not None and event[0] == "step" and event[1]["step"] not in steps:
                    steps.append(event[1]["step"])
                if event is not None and event[0] == "failed":
                    raise Unexpected(f"the lab's start failed: {event[1]}")
                if event is not None and event[0] == "ready":
                    return "live", steps
                if event is None or event[0] == "hello":
                    state = self.person.fetch("GET", f"{self.address}/state?seen=starting", 204)
                    if "HX-Refresh" in state.headers:
                        if not _notebook_address(self.page()):
                            raise Unexpected(f"the lab's start came to nothing: {self.page().said()}")
                        return "by asking", steps
        raise Unexpected(f"the lab is not ready after {START_SECONDS:g} s; steps seen: {steps}")

    def enter(self, step: Step) -> Page:
        """Open the page with its frames; returns the page. The lab signs in through the hub, in the frame."""
        page = self.page()
        address = _notebook_address(page)
        if not address:
            raise Unexpected(f"no notebook on the lab's page: {page.said()}")
        inside = self.person.frame(address)
        policy = inside.headers.get("Content-Security-Policy", "")
        step.check(self.person.base_url in policy, f"the lab may not be framed by the pages: {policy!r}")
        self.lab = Lab.at(self.person, address)
        listed = page.root.all("a", href=re.compile("/submissions/"))
        self.sent_before = {one.get("href") for one in listed}
        return page

    def inside(self) -> Lab:
        if self.lab is None:
            raise Unexpected("the lab is not open")
        return self.lab

    def see_plant(self, step: Step, page: Page) -> None:
        """The plant's screen in its frame: a drawing, and values that move."""
        frame = page.need("the plant's frame", "iframe", data_src=re.compile("/hmi/")).get("data-src")
        screen = self.person.frame(frame)
        step.check(screen.root.first("svg") is not None, "the plant's screen has no drawing")
        base = frame.split("?")[0]
        first = self.person.frame(f"{base}snapshot").json()
        time.sleep(1.2)
        second = self.person.frame(f"{base}snapshot").json()
        moved = [tag for tag, value in second["values"].items() if value != first["values"].get(tag)]
        step.check(second["t"] > first["t"] and bool(moved), "the plant stands still")
        step.saw(
            "plant",
            f"{len(second['values'])} values on the screen, {len(moved)} moved within {second['t'] - first['t']:.1f} s",
        )

    def work_through(self, step: Step) -> Notebook:
        """Fill in what a trainee writes, run it all beside the live plant, save it; the platform has it before this returns."""
        lab, answers = self.inside(), solution(LAB)
        notebook = lab.notebook(self.path)
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        if missing := answers.keys() - cells.keys():
            raise Unexpected(f"the lab's notebook lacks the cells {sorted(missing)}")
        fresh = not self.sent_before
        for cell_id, text in answers.items():
            if fresh and text in _joined(cells[cell_id]["source"]):
                step.check(False, f"the released notebook has the solution of {cell_id}")
            cells[cell_id]["source"] = text
        began = time.monotonic()
        count = lab.run(self.path, notebook, CELL_SECONDS)
        said = printed(notebook)
        step.saw("notebook", f"{count} cells run in {time.monotonic() - began:.1f} s beside the plant")
        step.saw("its own checks", f"{said.count('✔')} ✔, {said.count('✘')} ✘")
        step.check("✘" not in said and "✔" in said, "the notebook's own checks are not all ticked")
        lab.save(self.path, notebook)
        until("the saved notebook at the platform", 20, lambda: lab.ask("GET", "shixun/status")["unsaved"] == [], 0.3)
        return notebook

    def hand_in_from_lab(self, step: Step) -> None:
        """nbgrader's own list in JupyterLab: the assignment is there, its submit button works."""
        listed = self.inside().ask("GET", "assignments")
        names = {row["assignment_id"]: row["status"] for row in listed["value"]} if listed["success"] else listed
        step.saw("nbgrader's list", names)
        sent = self.inside().ask("POST", "assignments/submit", {"course_id": "shixun", "assignment_id": self.item})
        if not sent["success"]:
            raise Unexpected(f"nbgrader's submit: {sent['value']}")
        step.saw("handed in", f"from nbgrader's list, receipt {sent['receipt']['id']}")

    def hand_in_from_page(self, step: Step) -> None:
        """The button on the lab's page hands in the last saved state."""
        page = self.page()
        self.person.press(page, "/submit")
        step.saw("handed in", "from the lab's page")

    def new_submission(self) -> str:
        """The address of what was handed in since `enter`."""

        def look() -> str | None:
            part = self.person.fetch("GET", f"{self.address}/submissions")
            return next((a.get("href") for a in part.root.all("a") if a.get("href") not in self.sent_before), None)

        found: str = until("the submission in the list", 20, look, 0.5)
        return found


def _notebook_address(page: Page) -> str:
    place = page.root.first(id="stage-notebook")
    frame = place.first("iframe") if place is not None else None
    return frame.get("data-src", frame.get("src")) if frame is not None else ""


@dataclass(frozen=True)
class Verdict:
    """A result as its page shows it. `points` None: not graded yet; `parts`: title → (points or None, of how many)."""

    page: Page
    points: float | None
    most: float
    parts: dict[str, tuple[float | None, float]]
    practice: bool


def read_result(person: Person, address: str) -> Verdict:
    """Open a result page."""
    page = person.get(address, typed=True)
    result = page.need("result", id="result")
    head = result.first(css="row")
    score = head.first(css="score") if head is not None else None
    points, most = _numbers(score.text) if score is not None else (None, 0.0)
    parts = {}
    cells = page.root.first(id="cells")
    for card in cells.all("section", css="card") if cells is not None else []:
        title, shown = card.first(css="card-title"), card.first(css="score")
        if title is not None:
            parts[title.text] = _numbers(shown.text) if shown is not None else (None, 0.0)
    return Verdict(page, points, most, parts, says_practice(result))


def says_practice(place: Element) -> bool:
    """Whether a part of a page carries the practice label."""
    return any(one.first("svg") is None for one in place.all("span", css="badge-warn"))


def _numbers(text: str) -> tuple[float | None, float]:
    value, _, most = text.partition("/")
    return (None if value.strip() == "–" else float(value)), float(most)


def wait_graded(person: Person, address: str, live: Live, seconds: float = GRADE_SECONDS) -> tuple[Verdict, str]:
    """The verdict once it is there, and how it was learned: `live` or `by asking`. Raises `Unexpected` for a refusal."""
    deadline, how = time.monotonic() + seconds, "by asking"
    while time.monotonic() < deadline:
        event = live.next(3)
        if event is not None and event[0] != "graded":
            continue
        verdict = read_result(person, address)
        refused = verdict.page.need("result", id="result").first(css="alert-danger")
        if refused is not None:
            raise Unexpected(f"the submission was not graded: {refused.text}")
        if verdict.points is not None:
            return verdict, "live" if event is not None else how
    raise Unexpected(f"no grade within {seconds:g} s: {read_result(person, address).page.said()}")
