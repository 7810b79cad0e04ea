"""The component kit on a small application of its own: the real templates, catalogue, assets, policy; no database."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, Response, render_template_string, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.serving import make_server

from shixun.config import Settings
from shixun.core.i18n import language, local
from shixun.web import gallery, headers, manifest

WEB = Path(gallery.__file__).parent
CATALOGUE = WEB.parent / "translations" / "zh" / "LC_MESSAGES" / "web.po"
CHROMIUM = Path("/usr/bin/chromium")


def _stubs() -> Blueprint:
    """The few addresses of other features that the frame links to."""
    bp = Blueprint("accounts", __name__)
    bp.add_url_rule("/", "home", lambda: "")
    bp.add_url_rule("/c/<center>/", "center_home", lambda center: center)
    bp.add_url_rule("/sign-in", "sign_in", lambda: "")
    bp.add_url_rule("/password", "password", lambda: "")
    bp.add_url_rule("/me", "profile", lambda: "")
    bp.add_url_rule("/sign-out", "sign_out", lambda: "", methods=["POST"])
    return bp


# A page with parts that htmx fills, as features write them.
LIVE = """{% extends "base.html" %}{% block title %}Live{% endblock %}{% block content %}<h1>Live</h1>
<div id="watch" data-stream="/gallery/stream" data-stream-events="graded other" hx-get="/gallery/part" hx-trigger="stream:graded"></div>
{% for name in ["fine", "refused", "broken"] %}
<form hx-post="/gallery/post/{{ name }}" hx-target="#answer">
<input name="typed" aria-label="typed"><button id="{{ name }}">{{ name }}</button>
</form>
{% endfor %}<div id="answer"></div>{% endblock %}"""


@dataclass
class Backstage:
    """What the scripted addresses of the gallery answer, and what they were sent."""

    beats: list[dict[str, Any]] = field(default_factory=list)
    next_beat: tuple[int, dict[str, Any]] = (200, {"ask": False, "stop": False})
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    parts: int = 0
    asking: bool = False  # "still there?" until a beat says so

    def heartbeat(self) -> Any:
        beat = request.get_json()
        self.beats.append(beat)
        self.asking = self.asking and not beat["present"]
        status, answer = self.next_beat
        if self.asking:
            answer = {**answer, "ask": True}
        return {"nonce": f"n{len(self.beats)}", **answer}, status

    def stream(self) -> Response:
        frames = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in self.events)
        return Response("retry: 60000\n\n" + frames, mimetype="text/event-stream")

    def post(self, name: str) -> Any:
        self.posted.append((name, request.form.to_dict()))
        status = {"refused": 422, "broken": 500}.get(name, 200)
        return f"<p id='posted'>{name}</p>", status

    def part(self) -> str:
        self.parts += 1
        return f"<p id='part'>{self.parts}</p>"

    def blueprint(self) -> Blueprint:
        bp = Blueprint("backstage", __name__)
        bp.add_url_rule("/gallery/heartbeat", "heartbeat", self.heartbeat, methods=["POST"])
        bp.add_url_rule("/gallery/stream", "stream", self.stream)
        bp.add_url_rule("/gallery/post/<name>", "post", self.post, methods=["POST"])
        bp.add_url_rule("/gallery/part", "part", self.part)
        bp.add_url_rule("/gallery/live", "live", lambda: render_template_string(LIVE))
        return bp


CENTER = {"zh": "龙岩工业互联网数字化转型促进中心", "en": "Longyan Industrial Internet Transformation Center"}
NAVIGATION = [
    ("首页", "Home", "house"),
    ("课程", "Courses", "book-open"),
    ("实验", "Labs", "flask-conical"),
    ("竞赛", "Contests", "trophy"),
    ("教学", "Teaching", "graduation-cap"),
    ("中心数据", "Figures", "gauge"),
    ("人员", "People", "users"),
]


def _context() -> dict[str, Any]:
    zh = language() == "zh"
    return {
        "current_person": {"name": "林晓峰" if zh else "Lin Xiaofeng"},
        "center": {
            "name": {
                "zh": "龙岩工业互联网数字化转型促进中心",
                "en": "Longyan Industrial Internet Transformation Center",
            },
            "slug": "longyan",
        },
        "nav_items": [
            {"url": f"#{icon}", "label": a if zh else b, "icon": icon, "active": icon == "book-open"}
            for a, b, icon in NAVIGATION
        ],
        "locale": "zh-CN" if zh else "en",
        "switch_language_url": lambda code: f"/language/{code}",
    }


def make_app(translations: Path) -> Flask:
    """The gallery's application; `?lang=en` chooses the language."""
    folder = translations / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("rb") as source, (folder / "web.mo").open("wb") as compiled:
        write_mo(compiled, read_po(source))
    app = Flask(
        "shixun", static_folder=str(WEB / "static"), static_url_path="/static", template_folder=str(WEB / "templates")
    )
    app.config.update(SECRET_KEY="ui-tests", SETTINGS=Settings(), TESTING=True)
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(translations), BABEL_DOMAIN="web")
    Babel(app, default_locale="zh", locale_selector=lambda: request.args.get("lang", "zh") if request else "zh")
    CSRFProtect(app)
    manifest.init_app(app)
    app.after_request(headers.add)
    app.context_processor(_context)
    app.jinja_env.filters["local"] = local
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(_stubs())
    app.extensions["backstage"] = Backstage()
    app.register_blueprint(app.extensions["backstage"].blueprint())
    gallery.register(app)
    return app


@pytest.fixture
def ui_app(tmp_path: Path) -> Flask:
    return make_app(tmp_path)


@dataclass
class Site:
    """The gallery on a real port, and a browser on it."""

    url: str
    backstage: Backstage
    chromium: Any

    def open(self, path: str, *, phone: bool = False, script: str | None = None, **more: Any) -> Any:
        """A page of the gallery at 1280 or 360 px; `page.complaints` collects what its console says (refused styles, errors)."""
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 900}
        context = self.chromium.new_context(viewport=size, is_mobile=phone, has_touch=phone, **more)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.complaints = []
        page.on(
            "console",
            lambda message: page.complaints.append(message.text) if message.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(self.url + path)
        return page


@pytest.fixture(scope="module")  # not longer: playwright's loop would be in the way of other modules' async tests
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site(ui_app: Flask, chromium: Any) -> Iterator[Site]:
    if not (manifest.DIST / "manifest.json").exists():
        pytest.skip("the front end is not built: npm run build")
    server = make_server("127.0.0.1", 0, ui_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", ui_app.extensions["backstage"], chromium)
    for context in chromium.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
