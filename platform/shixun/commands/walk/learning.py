"""Learning as trainees do it: a lesson in real time with heartbeats, its check, the quiz."""

import re
import threading
import time

import httpx

from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.day import LESSON, PLANNED_MINUTES, QUIZ, Day, link, until
from shixun.commands.walk.html import Element
from shixun.commands.walk.report import Step, Unexpected

PATIENCE = 30  # times that a beat without an answer is said again, a second apart
READ_SECONDS = 116.0  # the run plans three minutes and credits 60 % of them: 108 s
# What somebody who has read the lesson answers: the texts of the right choices, places in the right order.
CHECK = ("still-there", "最多 20 分钟")
SINGLE = ("whose-clock", "服务器")
SEVERAL = ("three-figures", ["实际学习的分钟", "授予的学时", "人次"])
ORDER = ("steps", ["点“开始实验”", "在 JupyterLab 里写程序并运行", "提交", "看分数和反馈"])


class Reading(threading.Thread):
    """A page that somebody keeps open for so many seconds: its heartbeats, one every interval that the server names, then its end.

    A beat without an answer is said again with the same nonce, as the page's script does. `every`: seconds between beats, where
    the server's own interval is too long to see much.
    """

    def __init__(self, person: Person, page: Page, seconds: float, every: float | None = None) -> None:
        super().__init__(daemon=True)
        place = page.need("heartbeat", css="heartbeat")
        self.person = person
        self.url, self._nonce = place.get("data-heartbeat-url"), place.get("data-heartbeat-nonce")
        self._every = every
        self._interval = every or float(place.get("data-heartbeat-interval"))
        self._page, self._seconds = page, seconds
        self._left = threading.Event()
        self.taken = 0
        self.fault = ""
        self.lasted = 0.0  # seconds from the first answer to the last

    def run(self) -> None:
        began = time.monotonic()
        try:
            first = self._beat(opening=True)
            while (left := self._seconds - (time.monotonic() - began)) > 0 and not self._left.is_set():
                self._left.wait(min(self._interval, left))
                if self._seconds - (time.monotonic() - began) > 1 and not self._left.is_set():
                    self._beat()
            self.lasted = self._end() - first
        except Exception as error:  # told by `leave`: a thread has nobody to raise to
            self.fault = f"{type(error).__name__}: {error}"

    def leave(self, *, now: bool = True) -> None:
        """Leave the page, at once or when its time is over. Raises `Unexpected` if a beat went wrong."""
        if now:
            self._left.set()
        self.join(self._seconds + 60)
        if self.fault or self.is_alive():
            raise Unexpected(f"{self.person.name}'s reading of {self._page.path}: {self.fault or 'does not end'}")

    def _beat(self, *, opening: bool = False) -> float:
        answer = self._say(self.url, {"nonce": self._nonce, "input": True, "present": False}).json()
        if answer["stop"] or answer["ask"]:
            raise Unexpected(f"a beat was answered {answer}")
        self._nonce = answer["nonce"]
        self._interval = self._every or float(answer.get("interval") or self._interval)
        self.taken += 1
        return time.monotonic()

    def _end(self) -> float:
        self._say(re.sub("/beat$", "/end", self.url), {"nonce": self._nonce})
        return time.monotonic()

    def _say(self, url: str, body: dict[str, object]) -> Page:
        headers = {"Sec-Fetch-Mode": "cors", "X-CSRFToken": self._page.csrf}
        address = self.person.base_url + url
        for _again in range(PATIENCE):
            try:
                page = self.person.go("POST", address, self._page.url, None, headers=headers, json=body)
            except httpx.HTTPError:
                page = None
            if page is not None and page.status < 500:
                break
            time.sleep(1)
        if page is None or page.status >= 400:
            raise Unexpected(f"{url} answered {page.status}: {page.text[:120]}" if page else f"{url} did not answer")
        return page


def lessons(day: Day, step: Step) -> None:
    """Both trainees open the lesson and keep it open beside what they do next; each answers its check and goes on."""
    for person in (day.trainee, day.newcomer):
        run = person.get(day.run, typed=True)
        page = person.get(link(run, f"/lessons/{LESSON}$", "the lesson"))
        text = page.need("lesson", "article")
        if person is day.newcomer:
            step.saw("lesson", page.need("heading", "h1").text)
            step.check(text.first("img") is not None, "the lesson has no figure")
            step.check(text.first("pre") is not None, "the lesson has no code")
        reading = Reading(person, page, READ_SECONDS)
        reading.start()
        day.reading.append(reading)
        _answer_check(day, step, person, page)
        again = person.get(f"{day.run}/lessons/{LESSON}")
        if again.has_form("/done"):
            person.press(again, "/done")
    until("the first heartbeats", 20, lambda: all(reading.taken or reading.fault for reading in day.reading), 0.2)
    step.saw("heartbeats", f"running for both, {READ_SECONDS:g} s of a run that plans {PLANNED_MINUTES:g} minutes")


def _answer_check(day: Day, step: Step, person: Person, page: Page) -> None:
    """Wrong first, then right; whoever answered on another day finds it answered."""
    question, right = CHECK
    form = page.form(f"/checks/{question}")
    name = f"check-{question}"
    if all("disabled" in box.attributes for box in form.all("input", name=name)):
        step.saw(f"{person.name}'s check", "answered on an earlier day")
        return
    values = _choices(form, name)
    wrong = next(value for text, value in values.items() if text != right)
    part = person.send_part(page, form.get("action"), {name: wrong, "csrf_token": page.csrf})
    step.check(part.root.first(css="alert-warn") is not None, "a wrong answer to the check is not called wrong")
    values = _choices(part.form(f"/checks/{question}"), name)
    part = person.send_part(page, form.get("action"), {name: values[right], "csrf_token": page.csrf})
    step.check(part.root.first(css="alert-ok") is not None, f"the right answer is not called right: {part.said()}")
    step.saw(f"{person.name}'s check", "wrong answer refused, right one taken")


def _choices(form: Element, name: str) -> dict[str, str]:
    """Text → value of the choices of one question."""
    found = {}
    for label in form.all("label", css="choice"):
        box, text = label.first("input", name=name), label.first(css="choice-text")
        if box is not None and text is not None:
            found[" ".join(child.strip() for child in _own(text))] = box.get("value")
    return found


def _own(text: Element) -> list[str]:
    """A choice's own words, without the marks that an answered question shows beside them."""
    return [
        child if isinstance(child, str) else child.text
        for child in text.children
        if (isinstance(child, str) and child.strip())
        or (not isinstance(child, str) and child.tag in {"p", "code", "em", "strong"})
    ]


def quiz(day: Day, step: Step) -> None:
    """Both take the quiz: each answer is saved by itself, then the sitting is handed in."""
    for person in (day.trainee, day.newcomer):
        home = person.get(f"{day.run}/quizzes/{QUIZ}", typed=True)
        page = (
            person.press(home, "/begin")
            if home.has_form("/begin")
            else person.get(link(home, "/attempts/", "the open sitting"))
        )
        sitting = page.need("sitting", id="quiz-form")
        answers = _answers(sitting)
        for question, values in answers.items():
            place = f"{page.path}/answers/{question}"
            saved = person.send_part(page, place, values)
            step.check(
                re.search(r"\d\d:\d\d:\d\d", saved.text) is not None, f"{question} is not saved: {saved.text[:80]}"
            )
        filled = {name: one for values in answers.values() for name, one in values.items()}
        result = person.submit(page, sitting, filled)
        points = result.need("score", css="score")
        step.equal(f"{person.name}'s points", points.text.replace(" ", ""), "3/3")
    step.saw("answers", "saved one by one, handed in, graded at once")


def _answers(sitting: Element) -> dict[str, dict[str, object]]:
    """For each question the fields of its right answer."""
    single, several, order = SINGLE[0], SEVERAL[0], ORDER[0]
    places = {}
    for item in sitting.all("li", css="order-item"):
        text, box = item.first(css="order-text"), item.first("select")
        if text is not None and box is not None:
            places[box.get("name")] = str(ORDER[1].index(text.text) + 1)
    chosen = _choices(sitting, f"q-{several}")
    return {
        single: {f"q-{single}": _choices(sitting, f"q-{single}")[SINGLE[1]]},
        several: {f"q-{several}": [chosen[text] for text in SEVERAL[1]]},
        order: dict(places),
    }
