"""The component kit on pages of its own, in both languages: for tests and for whoever builds pages. Never mounted in production."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, abort, render_template
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DecimalField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired

from shixun.core.i18n import language
from shixun.core.permissions import Access
from shixun.web.routing import allow

bp = Blueprint("gallery", __name__, url_prefix="/gallery")
PARTS = ("basic", "forms", "figures", "learning", "contest")
LAYOUTS = ("auth", "workspace", "starting", "board")


def t(zh: str, en: str) -> str:
    """Sample text in the page's language; samples are no part of the message catalogue."""
    return zh if language() == "zh" else en


class SampleForm(FlaskForm):  # type: ignore[misc] # untyped library
    """One field of each kind."""

    name = StringField("姓名 Name", [DataRequired()], description="与证件一致 · as on the ID card")
    password = PasswordField("密码 Password", [DataRequired()])
    email = StringField("邮箱 E-mail")
    city = SelectField("城市 City", choices=[SelectChoice("fz", "福州 Fuzhou"), SelectChoice("ly", "龙岩 Longyan")])
    hours = DecimalField("学时 Class hours")
    about = TextAreaField("简介 About")
    level = RadioField(
        "级别 Level", choices=[SelectChoice("junior", "初级 Junior"), SelectChoice("senior", "高级 Senior")]
    )
    agreed = BooleanField("我已阅读并同意培训须知 · I have read the rules of the training")
    roster = FileField("名单 Roster (CSV)")


def _questions() -> list[dict[str, Any]]:
    word = t(
        "寄存器 40001–40002 的原始值为 0x4248、0x0000。按大端字序，它表示多少？",
        "Registers 40001-40002 hold 0x4248 and 0x0000. Read with the big word first: which value?",
    )
    steps = [
        {"value": "open", "text": t("建立 TCP 连接", "Open the TCP connection")},
        {"value": "read", "text": t("发送读请求", "Send the read request")},
        {"value": "decode", "text": t("按字序解码", "Decode by word order")},
    ]
    values = [{"value": "a", "text": "50.0"}, {"value": "b", "text": "16968"}, {"value": "c", "text": "2.38e-41"}]
    codes = [{"value": n, "text": f"FC {n}"} for n in ("03", "04", "06", "16")]
    return [
        {"id": "word", "kind": "single", "text": Markup("<p>{}</p>").format(word), "points": 4, "choices": values},
        {
            "id": "fc",
            "kind": "multiple",
            "text": t("哪些功能码只读？", "Which function codes only read?"),
            "points": 4,
            "choices": codes,
        },
        {"id": "num", "kind": "numeric", "text": t("OEE 是多少？", "What is the OEE?"), "points": 2, "unit": "%"},
        {
            "id": "fill",
            "kind": "fill",
            "text": t("Modbus TCP 的默认端口：", "The default port of Modbus TCP:"),
            "points": 2,
        },
        {
            "id": "steps",
            "kind": "ordering",
            "text": t("排列读取一个点的步骤。", "Order the steps of reading a point."),
            "points": 3,
            "items": steps,
        },
    ]


def _units() -> list[dict[str, Any]]:
    item = {"url": "#", "minutes": 20}
    first = [
        {**item, "kind": "lesson", "title": t("为什么是 Modbus", "Why Modbus"), "state": "done"},
        {**item, "kind": "quiz", "title": t("单元测验", "Unit quiz"), "state": "current", "note": "8 / 10"},
        {**item, "kind": "lab", "title": t("点表逆向", "Recover the point map"), "state": "new", "minutes": 90},
    ]
    second = [{**item, "kind": "lesson", "title": t("地址空间与节点", "Address space and nodes"), "state": "locked"}]
    return [
        {"title": t("第一单元 Modbus", "Unit 1: Modbus"), "note": "1 / 3", "items": first},
        {"title": t("第二单元 OPC UA", "Unit 2: OPC UA"), "items": second},
    ]


def _standings() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    titles = {"A": t("密封缺陷", "Seal defects"), "B": t("配方泄露", "Leaked recipe"), "C": t("节拍优化", "Cycle time")}
    challenges = [{"id": key, "title": title, "short": key} for key, title in titles.items()]
    names = [
        t("龙岩一队", "Longyan One"),
        t("闽江学院·星火", "Minjiang Spark"),
        t("紫金矿业联队", "Zijin United"),
        t("工贸职院", "Vocational College"),
    ]
    rows = []
    for rank, name in enumerate(names, start=1):
        cells: dict[str, dict[str, Any]] = {
            "A": {"points": 100, "state": "full"},
            "B": {"points": 60 - 10 * rank, "state": "part"},
        }
        if rank == 3:
            cells["C"] = {"points": None, "state": "frozen"}
        row = {
            "id": str(rank),
            "rank": rank,
            "name": name,
            "org": t("福建", "Fujian"),
            "changed": rank == 2,
            "cells": cells,
        }
        rows.append({**row, "points": 160 - 10 * rank, "time": f"01:{10 + rank}:05"})
    return rows, challenges


def _lines(national: int, provincial: int) -> list[dict[str, Any]]:
    return [
        {"label": t("国家级", "National"), "value": national, "kind": "national"},
        {"label": t("省级", "Provincial"), "value": provincial, "kind": "provincial"},
    ]


def _figures() -> dict[str, Any]:
    months = [t(f"{n}月", f"{n:02d}") for n in range(1, 13)]
    people = [410, 380, 920, 1180, 1240, 1105, 640, 702, 1330, 1406, 1288, 918]
    unit = t("人次", "person-times")
    training = {"name": t("培训", "Training"), "values": people}
    practical = {"name": t("实训", "Practical"), "values": [n // 2 for n in people]}
    total = {"name": t("累计", "Total"), "values": [sum(people[: n + 1]) for n in range(12)]}
    line = {"value": 10000, "label": t("省级", "Provincial")}
    return {
        "lines": _lines,
        "months": {"type": "bar", "categories": months, "series": [training, practical], "stacked": True, "unit": unit},
        "trend": {"type": "line", "categories": months, "series": [total], "unit": unit, "lines": [line]},
    }


def _clock() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "now": now.isoformat(),
        "ends": (now + timedelta(minutes=42)).isoformat(),
        "soon": (now + timedelta(seconds=2)).isoformat(),
    }


@bp.get("/")
@bp.get("/<part>")
@allow(Access.PUBLIC)
def page(part: str = "basic") -> str:
    """One part of the kit."""
    if part not in PARTS:
        abort(404)
    wrong = SampleForm(formdata=None, prefix="wrong")
    wrong.name.errors = [t("请填写此项。", "Please fill in this field.")]
    wrong.roster.errors = [t("第 3 行：手机号重复。", "Line 3: the phone number appears twice.")]
    rows, challenges = _standings()
    samples = {
        "units": _units(),
        "questions": _questions(),
        "rows": rows,
        "challenges": challenges,
        "figures": _figures(),
        **_clock(),
    }
    return render_template(f"gallery/{part}.html", t=t, form=SampleForm(formdata=None), wrong=wrong, **samples)


@bp.get("/layout/<name>")
@allow(Access.PUBLIC)
def layout(name: str) -> str:
    """A layout that takes the whole page."""
    if name not in LAYOUTS:
        abort(404)
    rows, challenges = _standings()
    samples = {"rows": rows, "challenges": challenges, "starting": name == "starting", **_clock()}
    template = f"gallery/layout_{'workspace' if name == 'starting' else name}.html"
    return render_template(template, t=t, form=SampleForm(formdata=None), **samples)


@bp.get("/layout/error/<int:status>")
@allow(Access.PUBLIC)
def error(status: int) -> str:
    """An error page."""
    message = t("没有这个页面，或者您无权查看。", "There is no such page, or it is not one that you may see.")
    return render_template("error.html", status=status, message=message, request_id="4f1c0a9e22b7d3e8")


@bp.get("/layout/confirm")
@allow(Access.PUBLIC)
def confirm() -> str:
    """The question on a page of its own, as `ui.confirm` needs it."""
    return render_template(
        "confirm.html",
        title=t("停止实验？", "Stop the lab?"),
        text=t("您的文件已保存，工厂将被关闭。", "Your files are kept; the plant is switched off."),
        action="/gallery/post/stop",
        label=t("停止", "Stop"),
        cancel_url="/gallery/",
    )


def register(app: Flask) -> None:
    """Mount the gallery at /gallery/."""
    app.register_blueprint(bp)
