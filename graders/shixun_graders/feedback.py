"""The feedback that a trainee and an instructor see: scores, reasons and the executed notebook, as an inert HTML fragment.

Everything of the trainee's is hostile. Text is escaped; HTML that a cell showed (tables of pandas, say) is cut down to
tables and text before it gets a place; figures are re-encoded only as PNG or JPEG data; SVG, scripts, styles, links and
remote sources have no way in. The result is cleaned once more as a whole. What the hidden phase printed never gets here.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

import nh3
from markdown_it import MarkdownIt

from shixun_graders.intake.canonical import CanonicalCell
from shixun_graders.protocol import NOTE_TEXT, Answer, CellGrade, Note
from shixun_packs.form import ChoiceField, FormField, NumberField
from shixun_packs.lab import Lab

MAX_MARKDOWN = 20_000  # characters of one cell that are formatted; the rest is shown as it is
MAX_IMAGE = 1_000_000  # characters of base64
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_TEXT_TAGS = {
    *("b", "blockquote", "br", "caption", "code", "dd", "del", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "i", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
    *("tr", "ul"),
}
_TAGS = _TEXT_TAGS | {"section", "div", "img", "span"}
_SPANS = {"colspan", "rowspan"}
_DROPPED = {"script", "style", "svg", "math", "iframe", "object", "template", "noscript", "textarea", "title", "xmp"}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])


def feedback(
    lab: Lab,
    cells: Iterable[CanonicalCell],
    outputs: Mapping[str, list[dict[str, Any]]],
    grades: Iterable[CellGrade],
    notes: Iterable[Note],
) -> str:
    """Render the fragment (`<section class="sx-feedback">`). Its classes all begin with `sx-`."""
    parts = ['<section class="sx-feedback">', *(_note(note) for note in notes), _scores(lab, grades)]
    for cell in cells:
        shown = outputs.get(cell.id, [])
        if cell.kind == "markdown":
            if cell.own:
                parts.append(f'<div class="sx-cell sx-text">{_formatted(cell.source)}</div>')
        elif cell.source.strip():
            parts.append(f'<div class="sx-cell"><pre class="sx-code">{html.escape(cell.source)}</pre>')
            parts += [_output(output) for output in shown if isinstance(output, dict)]
            parts.append("</div>")
    parts.append("</section>")
    return clean("".join(parts))


def form_feedback(lab: Lab, answers: Iterable[Answer], grades: Iterable[CellGrade], notes: Iterable[Note]) -> str:
    """The fragment of a form lab: what was answered, field by field, then scores and reasons."""
    parts = ['<section class="sx-feedback">', *(_note(note) for note in notes)]
    parts.append('<table class="sx-scores"><tr><th>问题 / Question</th><th>作答 / Answer</th></tr>')
    for field, answer in zip(lab.form, answers, strict=True):
        label = f"{html.escape(field.label.zh)}<br>{html.escape(field.label.en)}"
        parts.append(f"<tr><td>{label}</td><td>{_given(field, answer)}</td></tr>")
    parts.append(f"</table>{_scores(lab, grades)}</section>")
    return clean("".join(parts))


def _given(field: FormField, answer: Answer) -> str:
    if not answer.ok:
        return "–"
    if isinstance(field, NumberField):
        unit = field.unit.get("zh") if field.unit else ""
        return html.escape(f"{answer.value:.10g} {unit}".strip())
    if isinstance(field, ChoiceField):
        texts = {option.id: f"{option.text.zh} / {option.text.en}" for option in field.option}
        chosen = answer.value if isinstance(answer.value, list) else [answer.value]
        return "<br>".join(html.escape(texts[str(one)]) for one in chosen)
    return f"<pre>{html.escape(str(answer.value))}</pre>"


def clean(fragment: str) -> str:
    """Cut a fragment of our own making down to what it may hold."""
    return nh3.clean(
        fragment,
        tags=set(_TAGS),
        clean_content_tags=_DROPPED,
        attributes={"*": {"class"}, "img": {"src", "alt"}, "td": _SPANS, "th": _SPANS},
        attribute_filter=_attribute,
        url_schemes={"data"},
        link_rel=None,
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if all(word.startswith("sx-") for word in value.split()) else None
    if name == "src":
        return value if tag == "img" and value.startswith(tuple(f"data:{kind};base64," for kind in _IMAGES)) else None
    return value


def _note(note: Note) -> str:
    text = NOTE_TEXT[note]
    return f'<p class="sx-note">{html.escape(text["zh"])}<br>{html.escape(text["en"])}</p>'


def _scores(lab: Lab, grades: Iterable[CellGrade]) -> str:
    titles = {grade.id: grade.title for grade in lab.grades}
    rows = ["<tr><th>评分项 / Graded part</th><th>得分 / Points</th><th>提示 / Hint</th></tr>"]
    for grade in grades:
        title = titles[grade.grade_id]
        points = "待评阅 / to be graded" if grade.points is None else f"{grade.points:g} / {grade.max_points:g}"
        hint = lab.hints.get(grade.hint or "")
        text = f"{html.escape(hint.zh)}<br>{html.escape(hint.en)}" if hint else ""
        name = f"{html.escape(title.zh)}<br>{html.escape(title.en)}"
        rows.append(f"<tr><td>{name}</td><td>{points}</td><td>{text}</td></tr>")
    return f'<table class="sx-scores">{"".join(rows)}</table>'


def _formatted(text: str) -> str:
    shown = _foreign(_markdown.render(text[:MAX_MARKDOWN]))
    if len(text) > MAX_MARKDOWN:
        shown += f"<pre>{html.escape(text[MAX_MARKDOWN:])}</pre>"
    return shown


def _output(output: dict[str, Any]) -> str:
    """One output of a cell. The sandbox made it, so no field is sure to be there or to be of its type."""
    kind = output.get("output_type")
    if kind == "stream":
        return _pre("sx-error" if output.get("name") == "stderr" else "sx-output", output.get("text"))
    if kind == "error":
        lines = output.get("traceback")
        text = "\n".join(map(str, lines)) if isinstance(lines, list) and lines else ""
        return _pre("sx-error", text or f"{output.get('ename')}: {output.get('evalue')}")
    data = output.get("data")
    if not isinstance(data, dict):
        return ""
    for image, magic in _IMAGES.items():
        if isinstance(data.get(image), str) and (source := _image(data[image], magic)):
            return f'<img class="sx-figure" alt="" src="data:{image};base64,{source}">'
    if isinstance(data.get("text/html"), str):
        return f'<div class="sx-html">{_foreign(data["text/html"])}</div>'
    if isinstance(data.get("text/markdown"), str):
        return f'<div class="sx-html">{_formatted(data["text/markdown"])}</div>'
    return _pre("sx-output", data.get("text/plain"))


def _pre(style: str, text: Any) -> str:
    return f'<pre class="{style}">{html.escape(_ANSI.sub("", str(text)))}</pre>' if text else ""


def _foreign(fragment: str) -> str:
    """HTML that a trainee made: text and tables are left, without any class."""
    return nh3.clean(
        fragment,
        tags=set(_TEXT_TAGS),
        clean_content_tags=_DROPPED,
        attributes={"td": _SPANS, "th": _SPANS},
        link_rel=None,
        strip_comments=True,
    )


def _image(text: str, magic: bytes) -> str | None:
    """The image's base64 without line breaks, or None if it is too large or not what it says."""
    if len(text) > MAX_IMAGE:
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(data).decode() if data.startswith(magic) else None
