"""The pages of `shixun pack preview`: the platform's own templates, styles and rendering, without people or a database."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from shixun.commands.bare import bare_app
from shixun.commands.preview.loading import Packs, Shown, card, excerpt
from shixun.core.i18n import LANGUAGES, language, local
from shixun.curriculum import labels
from shixun.curriculum.code import highlight
from shixun.curriculum.packs import ReadyCourse, ReadyLab
from shixun.curriculum.rendering import BadText, render_text
from shixun_packs.course import LabItem

_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_MEDIA = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_RELOAD = """\
"use strict";
const seen = document.body.dataset.stamp;
async function look() {
  try {
    const answer = await fetch("/stamp", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== seen) { location.reload(); return; }
  } catch { /* the preview was stopped: go on asking until it is back */ }
  setTimeout(look, 700);
}
look();
"""


def create_site(path: Path) -> Flask:
    """The preview of the packs below `path`."""
    app = bare_app(Path(__file__).parent / "templates")
    app.config.update(SESSION_COOKIE_NAME="shixun-preview", SESSION_COOKIE_SAMESITE="Strict")
    packs = Packs(path)
    app.extensions["shixun-preview"] = packs
    app.before_request(_only_here)
    app.after_request(_headers)
    app.context_processor(lambda: _context(packs))
    _add_pages(app, packs)
    return app


def _only_here() -> None:
    """Another site's page must not read packs, solutions included, through a name that it points at this machine."""
    if request.host.rsplit(":", 1)[0] not in _HOSTS:
        abort(403)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _context(packs: Packs) -> dict[str, Any]:
    return {
        "locale": "zh-CN" if language() == "zh" else "en",
        "csrf_token": lambda: "",
        "labels": labels,
        "stamp": packs.stamp(),
        "alone": len(packs.folders()) == 1,
    }


def _add_pages(app: Flask, packs: Packs) -> None:
    @app.get("/")
    def index() -> ResponseReturnValue:
        shown = packs.all()
        if len(shown) == 1:
            return redirect(url_for(shown[0].kind, name=shown[0].name))
        return render_template("preview/index.html", packs=[(pack, _title(pack)) for pack in shown])

    @app.get("/stamp")
    def stamp() -> ResponseReturnValue:
        return packs.stamp(), {"Content-Type": "text/plain"}

    @app.get("/reload.js")
    def reload() -> ResponseReturnValue:
        return _RELOAD, {"Content-Type": "text/javascript"}

    @app.get("/language/<code>")
    def change_language(code: str) -> ResponseReturnValue:
        if code in LANGUAGES:
            session["language"] = code
        back = request.args.get("next", "/")
        return redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")

    @app.get("/packs/<digest>/<path:path>")
    def figure(digest: str, path: str) -> ResponseReturnValue:
        data, media = packs.figure(digest, path), _MEDIA.get(path.rpartition(".")[2])
        return (data, {"Content-Type": media}) if data is not None and media else abort(404)

    @app.get("/courses/<name>")
    def course(name: str) -> str:
        shown = packs.find("course", name) or abort(404)
        if not isinstance(shown.ready, ReadyCourse):
            return _problems(shown)
        pack = shown.ready.course
        return render_template("preview/course.html", shown=shown, info=pack.info, units=_units(shown.ready, name))

    @app.get("/courses/<name>/<slug>")
    def item(name: str, slug: str) -> ResponseReturnValue:
        shown = packs.find("course", name) or abort(404)
        if not isinstance(shown.ready, ReadyCourse):
            return _problems(shown)
        return _item(shown, shown.ready, name, slug)

    @app.get("/labs/<name>")
    def lab(name: str) -> str:
        shown = packs.find("lab", name) or abort(404)
        if not isinstance(shown.ready, ReadyLab):
            return _problems(shown)
        pack = shown.ready.lab
        steps = [
            {"title": local(step["title"]), "text": Markup(local(step["html"]))}  # noqa: S704 - sanitised when the pack was read
            for step in shown.ready.steps
        ]
        cells = [_cell(cell.kind, cell.release) | {"id": cell.id, "locked": cell.is_locked} for cell in pack.cells]
        grades = {grade.id: grade for grade in pack.grades}
        return render_template("preview/lab.html", shown=shown, lab=pack, steps=steps, cells=cells, grades=grades)


def _title(shown: Shown) -> str:
    if isinstance(shown.ready, ReadyCourse):
        return shown.ready.course.info.title.get(language())
    return shown.ready.lab.title.get(language()) if shown.ready else shown.name


def _problems(shown: Shown) -> str:
    listed = [(problem, excerpt(problem)) for problem in shown.problems]
    return render_template("preview/problems.html", shown=shown, problems=listed)


def _units(ready: ReadyCourse, name: str) -> list[dict[str, Any]]:
    """The outline as `ui.course_outline` takes it; a lab leads to its own preview where its pack is here."""
    return [
        {
            "title": unit.title.get(language()),
            "items": [
                {
                    "title": item.title.get(language()),
                    "kind": item.kind,
                    "minutes": item.minutes,
                    "state": "new",
                    "url": url_for("lab", name=item.lab)
                    if isinstance(item, LabItem)
                    else url_for("item", name=name, slug=item.slug),
                }
                for item in unit.item
            ],
        }
        for unit in ready.course.units
    ]


def _item(shown: Shown, ready: ReadyCourse, name: str, slug: str) -> str:
    pages = [item for item in ready.course.items if not isinstance(item, LabItem)]
    place = next((index for index, item in enumerate(pages) if item.slug == slug), None)
    if place is None:
        abort(404)
    found = pages[place]
    around = {
        key: (pages[index].title.get(language()), url_for("item", name=name, slug=pages[index].slug))
        for key, index in (("previous", place - 1), ("next", place + 1))
        if 0 <= index < len(pages)
    }
    common = {"shown": shown, "info": ready.course.info, "item": found, "around": around}
    if found.kind == "quiz":
        cards = [card(question, request.args, slug) for question in ready.quizzes[slug]]
        rules = ready.course.quizzes[slug].quiz
        return render_template("preview/quiz.html", cards=cards, rules=rules, asked=request.args.get("asked"), **common)
    rendered = ready.lessons[slug]
    text = {"parts": rendered.parts, "headings": rendered.headings, "summary_en": ready.course.lessons[slug].summary_en}
    cards_by_id = {question["id"]: card(question, request.args, slug) for question in ready.checks}
    return render_template("preview/lesson.html", text=text, cards=cards_by_id, **common)


def _cell(kind: str, source: str) -> dict[str, str]:
    """A notebook's cell as HTML: near to what JupyterLab shows, by our own rendering."""
    if kind == "code":
        return {"kind": kind, "html": highlight(source, "python")}
    try:
        lines = [f"#{line}" if line.startswith("#") else line for line in source.split("\n")]
        return {"kind": kind, "html": render_text("\n".join(lines))}
    except BadText:
        return {"kind": "text", "html": highlight(source, "")}
