"""Who the day has: sign-ins by role, a newcomer through the roster import, somebody from another center."""

import csv
import io
import re

from shixun.accounts.demo import CENTER, PASSWORD
from shixun.commands.walk.browser import Page, Person
from shixun.commands.walk.day import COURSE, Day, link
from shixun.commands.walk.report import Step, Unexpected

NEW_PASSWORD = "walking-through-2026"  # noqa: S105 - of accounts that the walkthrough makes in the demo
NEIGHBOUR = ("linshi", "邻市中心", "Neighbour center", "linshi.zhuren", "邻市主任")
ENGLISH = "en-US,en;q=0.9"


def front_door(day: Day, step: Step) -> None:
    """Before anybody signs in: alive, both languages, nothing shown, the other address leads here."""
    visitor = Person("a visitor", day.url)
    step.equal("health", visitor.get("/healthz", typed=True).json().get("status"), "ok")
    page = visitor.get("/", typed=True)
    step.check(page.path == "/sign-in", f"a visitor lands on {page.path}, not on the sign-in page")
    english = Person("an English visitor", day.url, ENGLISH).get("/sign-in", typed=True)
    step.saw("languages", [page.need("html", "html").get("lang"), english.need("html", "html").get("lang")])
    step.check([one.lower()[:2] for one in step.observed["languages"]] == ["zh", "en"], "both languages are not there")
    policy = page.headers.get("Content-Security-Policy", "")
    step.check("script-src 'self'" in policy or "default-src 'self'" in policy, f"a weak page policy: {policy!r}")
    closed = visitor.get(f"/c/{CENTER}/figures", typed=True)
    step.check(closed.path == "/sign-in", "figures are shown without a sign-in")
    port = day.url.rsplit(":", 1)[-1]
    if day.url == f"http://www.shixun.localhost:{port}":
        by_number = Person("a visitor by number", f"http://127.0.0.1:{port}").get("/", typed=True)
        step.check(by_number.url.startswith(day.url), f"127.0.0.1 leads to {by_number.url}, not to {day.url}")


def sign_in(person: Person, username: str, password: str, expect: int = 200) -> Page:
    """Fill in the sign-in form."""
    page = person.get("/sign-in", typed=True)
    form = next(
        (
            form
            for form in page.root.all("form")
            if (box := form.first(name="username")) and box.get("type") != "hidden"
        ),
        None,
    )
    if form is None:
        raise Unexpected(f"no sign-in form on {page.url}: {page.said()}")
    return person.submit(page, form, {"username": username, "password": password}, expect=expect)


def sign_ins(day: Day, step: Step) -> None:
    """One browser for each role; their cookies are what they have to be."""
    wrong = sign_in(Person("somebody", day.url), "xueyuan", "not-the-password", expect=401)
    step.check(wrong.path == "/sign-in", "a wrong password was not refused")
    for role, username in (
        ("trainee", "xueyuan"),
        ("instructor", "jiaoshi"),
        ("organizer", "saishi"),
        ("manager", "zhuren"),
        ("administrator", "guanli"),
    ):
        person = Person(username, day.url)
        page = sign_in(person, username, PASSWORD)
        if role != "administrator":
            step.check(page.path == f"/c/{CENTER}/", f"{username} lands on {page.path}")
        setattr(day, role, person)
    _cookie(day, step)
    page = day.trainee.get("/profile", typed=True)
    for problem, token, site in (("without a token", "", "same-origin"), ("from a lab's page", page.csrf, "same-site")):
        sent = {"X-CSRFToken": token, "Sec-Fetch-Site": site}
        answer = day.trainee.ask("POST", f"{day.url}/profile/sign-out-others", sent)
        step.check(answer.status_code in {400, 403}, f"a request {problem} was answered {answer.status_code}")
    step.saw("people", "xueyuan, jiaoshi, saishi, zhuren, guanli: each in a browser of their own")


def _cookie(day: Day, step: Step) -> None:
    cookies = [cookie for cookie in day.trainee.jar if "shixun" in cookie.name]
    names = [cookie.name for cookie in cookies]
    step.saw("cookie", names)
    if not day.url.startswith("http://") or "localhost" in day.url:
        step.check(names == ["__Host-shixun"], f"page cookies {names}, not __Host-")
        step.check(all(cookie.secure and cookie.path == "/" for cookie in cookies), "the cookie is not Secure at /")
    unfit = [c.name for c in cookies if not c.has_nonstandard_attr("HttpOnly") or c.domain_specified]
    step.check(not unfit, f"cookies that scripts or other hosts get: {unfit}")


def newcomer(day: Day, step: Step) -> None:
    """The manager imports a roster; the newcomer signs in with the first password and joins the demo run."""
    manager, username = day.manager, f"tongxue-{day.stamp}"
    upload = manager.get(f"{day.center}/people/import", typed=True)
    template = manager.fetch("GET", f"{day.center}/people/import/template.csv").body.decode("utf-8-sig")
    header = template.splitlines()[0]
    faulty = f"{header}\n王芳,wang fang!,学员\n,{username},学员\n"
    refused = _roster(manager, upload, faulty, 422)
    cells = [row.first("td") for row in refused.need("list of problems", "table").all("tr")]
    lines = [cell.text for cell in cells if cell is not None]
    step.equal("lines refused in a faulty roster", lines, ["2", "3"])
    preview = _roster(
        manager, manager.get(f"{day.center}/people/import", typed=True), f"{header}\n{name_of(day)},{username},学员\n"
    )
    done = manager.press(preview, "/confirm")
    slip = manager.press(done, "/passwords").body.decode("utf-8-sig")
    name, made, password = list(csv.reader(io.StringIO(slip)))[1][:3]
    step.equal("account made", (name, made), (name_of(day), username))
    day.newcomer = Person(username, day.url)
    page = sign_in(day.newcomer, username, password)
    step.check(page.path == "/password", f"a first password leads to {page.path}, not to choosing another")
    page = choose_password(day.newcomer, page, password)
    step.saw("first sign-in", "own password chosen")
    course = day.newcomer.get(f"{day.center}/courses/{COURSE}", typed=True)
    run = day.newcomer.press(course, "/join")
    day.run_id = run.path.rsplit("/", 1)[-1]
    step.saw("joined", run.need("heading", "h1").text)
    link(
        day.trainee.get(f"{day.center}/learn", typed=True),
        re.escape(day.run_id),
        "the demo run among xueyuan's courses",
    )


def name_of(day: Day) -> str:
    return f"同学{day.stamp}"


def _roster(manager: Person, page: Page, text: str, expect: int = 200) -> Page:
    form = page.need("roster form", "form", enctype="multipart/form-data")
    return manager.submit(page, form, expect=expect, files={"file": ("名单.csv", text.encode("gb18030"), "text/csv")})


def choose_password(person: Person, page: Page, old: str) -> Page:
    """Replace a first password."""
    form = next(form for form in page.root.all("form") if form.first(name="old_password"))
    return person.submit(page, form, {"old_password": old, "password": NEW_PASSWORD, "again": NEW_PASSWORD})


def neighbour(day: Day, step: Step) -> None:
    """The platform's administrator opens another center (once); its manager signs in."""
    slug, name_zh, name_en, username, name = NEIGHBOUR
    day.neighbour = Person(username, day.url, ENGLISH)
    listed = day.administrator.get("/platform/centers", typed=True)
    if slug not in listed.text:
        page = day.administrator.get("/platform/centers/new")
        form = next(form for form in page.root.all("form") if form.first(name="manager_username"))
        manager = {"manager_name": name, "manager_username": username}
        center = {"slug": slug, "name_zh": name_zh, "name_en": name_en}
        opened = day.administrator.submit(page, form, center | manager)
        first = opened.need("first password", css="first-password").text
        choose_password(day.neighbour, sign_in(day.neighbour, username, first), first)
        step.saw("opened", name_en)
    else:
        sign_in(day.neighbour, username, NEW_PASSWORD)
    home = day.neighbour.get(f"/c/{slug}/", typed=True)
    step.saw("center", home.need("title", "title").text)


def strangers(day: Day, step: Step) -> None:
    """Another center's manager gets 404 for everything of the demo center, as for what does not exist; so does the reverse."""
    ours = [f"{day.center}/", day.run, f"{day.center}/runs/{day.run_id}", f"{day.center}/runs/{day.run_id}/gradebook"]
    ours += [f"{day.center}/people", f"{day.center}/figures", f"{day.center}/ledger/export.jsonl", day.lab()]
    ours += [one for one in (day.submission, day.contest) if one]
    missing = f"{day.url}/c/no-such-center/"
    answers = {one: day.neighbour.get(one, None, typed=True).status for one in [*ours, missing]}
    open_to = [one.removeprefix(day.url) for one, status in answers.items() if status != 404]
    step.check(not open_to, f"not 404 for another center's manager: {open_to}")
    step.saw("404 for another center's manager", len(answers) - len(open_to))
    back = day.trainee.get(f"/c/{NEIGHBOUR[0]}/", None, typed=True).status
    step.check(back == 404, f"the demo trainee gets {back} in the other center")
    below = [f"{day.center}/{page}" for page in ("figures", "people", "ledger", f"runs/{day.run_id}/gradebook")]
    allowed = [one for one in below if day.trainee.get(one, None, typed=True).status != 403]
    step.check(not allowed, f"not 403 for a trainee: {allowed}")
    step.saw("403 for a trainee", len(below) - len(allowed))
