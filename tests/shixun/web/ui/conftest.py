"""The component kit on a small application of its own: the real templates, catalogue, assets, policy; no database."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from shixun.config import Settings
from shixun.core.i18n import language, local
from shixun.web import gallery, headers, manifest

WEB = Path(gallery.__file__).parent
CATALOGUE = WEB.parent / "translations" / "zh" / "LC_MESSAGES" / "web.po"
CHROMIUM = Path("/usr/bin/chromium")


def _accounts() -> Blueprint:
    """The few addresses of other features that the frame links to."""
    bp = Blueprint("accounts", __name__)
    bp.add_url_rule("/", "home", lambda: "")
    bp.add_url_rule("/c/<center>/", "center_home", lambda center: center)
    bp.add_url_rule("/sign-in", "sign_in", lambda: "")
    bp.add_url_rule("/password", "password", lambda: "")
    bp.add_url_rule("/sign-out", "sign_out", lambda: "", methods=["POST"])
    return bp


def _context() -> dict[str, Any]:
    zh = language() == "zh"
    labels = [("首页", "Home", "house"), ("课程", "Courses", "book-open"), ("实验", "Labs", "flask-conical"), ("竞赛", "Contests", "trophy"), ("教学", "Teaching", "graduation-cap"), ("中心数据", "Figures", "gauge"), ("人员", "People", "users")]
    return {
        "current_person": {"name": "林晓峰" if zh else "Lin Xiaofeng"},
        "center": {"name": {"zh": "龙岩工业互联网数字化转型促进中心", "en": "Longyan Industrial Internet Digital Transformation Center"}, "slug": "longyan"},
        "nav_items": [{"url": f"#{icon}", "label": zh_name if zh else name, "icon": icon, "active": icon == "book-open"} for zh_name, name, icon in labels],
        "locale": "zh-CN" if zh else "en",
        "switch_language_url": lambda code: f"/language/{code}",
    }  # fmt: skip


def make_app(translations: Path) -> Flask:
    """The gallery's application; `?lang=en` chooses the language."""
    folder = translations / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("rb") as source, (folder / "web.mo").open("wb") as compiled:
        write_mo(compiled, read_po(source))
    app = Flask("shixun", static_folder=str(WEB / "static"), static_url_path="/static", template_folder=str(WEB / "templates"))
    app.config.update(SECRET_KEY="ui-tests", SETTINGS=Settings(), BABEL_TRANSLATION_DIRECTORIES=str(translations), BABEL_DOMAIN="web", TESTING=True)
    Babel(app, default_locale="zh", locale_selector=lambda: request.args.get("lang", "zh") if request else "zh")
    CSRFProtect(app)
    manifest.init_app(app)
    app.after_request(headers.add)
    app.context_processor(_context)
    app.jinja_env.filters["local"] = local
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(_accounts())
    gallery.register(app)
    return app


@pytest.fixture
def ui_app(tmp_path: Path) -> Flask:
    return make_app(tmp_path)
