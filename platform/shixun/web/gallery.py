"""The component kit on pages of its own, in both languages: for tests and for whoever builds pages. Never mounted in production."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, abort, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from markupsafe import Markup
from wtforms import BooleanField, DecimalField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired

from shixun.core.i18n import language
from shixun.core.permissions import Access
from shixun.web.routing import allow

bp = Blueprint("gallery", __name__, url_prefix="/gallery")
PARTS = ("basic", "forms", "figures", "learning", "contest")


def t(zh: str, en: str) -> str:
    """Sample text in the page's language; samples are no part of the message catalogue."""
    return zh if language() == "zh" else en


class SampleForm(FlaskForm):  # type: ignore[misc] # untyped library
    """One field of each kind."""

    name = StringField("姓名 Name", [DataRequired()], description="与证件一致 · as on the ID card")
    password = PasswordField("密码 Password", [DataRequired()])
    email = StringField("邮箱 E-mail")
    city = SelectField("城市 City", choices=[("fz", "福州 Fuzhou"), ("ly", "龙岩 Longyan")])
    hours = DecimalField("学时 Class hours")
    about = TextAreaField("简介 About")
    level = RadioField("级别 Level", choices=[("junior", "初级 Junior"), ("senior", "高级 Senior")])
    agreed = BooleanField("我已阅读并同意培训须知 · I have read the rules of the training")
    roster = FileField("名单 Roster (CSV)")


def _questions() -> list[dict[str, Any]]:
    byte_order = t("寄存器 40001–40002 的原始值为 0x4248、0x0000。按大端字序，它表示多少？", "Registers 40001-40002 hold 0x4248 and 0x0000. Big word order: which value?")
    choices = [{"value": "a", "text": "50.0"}, {"value": "b", "text": "16968"}, {"value": "c", "text": "2.38e-41"}]
    steps = [("open", t("建立 TCP 连接", "Open the TCP connection")), ("read", t("发送读请求", "Send the read request")), ("decode", t("按字序解码", "Decode by word order"))]
    return [
        {"id": "word", "kind": "single", "text": Markup("<p>{}</p>").format(byte_order), "points": 4, "choices": choices},
        {"id": "fc", "kind": "multiple", "text": t("哪些功能码只读？", "Which function codes only read?"), "points": 4,
         "choices": [{"value": n, "text": f"FC {n}"} for n in ("03", "04", "06", "16")]},
        {"id": "num", "kind": "numeric", "text": t("OEE 是多少？", "What is the OEE?"), "points": 2, "unit": "%"},
        {"id": "fill", "kind": "fill", "text": t("Modbus TCP 的默认端口：", "The default port of Modbus TCP:"), "points": 2},
        {"id": "steps", "kind": "ordering", "text": t("排列读取一个点的步骤。", "Order the steps of reading a point."), "points": 3,
         "items": [{"value": value, "text": text} for value, text in steps]},
    ]  # fmt: skip


def _units() -> list[dict[str, Any]]:
    item = {"url": "#", "minutes": 20}
    first = [
        {**item, "kind": "lesson", "title": t("为什么是 Modbus", "Why Modbus"), "state": "done"},
        {**item, "kind": "quiz", "title": t("单元测验", "Unit quiz"), "state": "current", "note": "8 / 10"},
        {**item, "kind": "lab", "title": t("点表逆向", "Recover the point map"), "state": "new", "minutes": 90},
    ]
    second = [{**item, "kind": "lesson", "title": t("地址空间与节点", "Address space and nodes"), "state": "locked"}]
    return [{"title": t("第一单元 Modbus", "Unit 1: Modbus"), "note": "1 / 3", "items": first}, {"title": t("第二单元 OPC UA", "Unit 2: OPC UA"), "items": second}]


def _standings() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    challenges = [{"id": n, "title": title, "short": n} for n, title in (("A", t("密封缺陷", "Seal defects")), ("B", t("配方泄露", "Leaked recipe")), ("C", t("节拍优化", "Cycle time")))]
    names = [t("龙岩一队", "Longyan One"), t("闽江学院·星火", "Minjiang Spark"), t("紫金矿业联队", "Zijin United"), t("工贸职院", "Vocational College")]
    rows = []
    for rank, name in enumerate(names, start=1):
        cells = {"A": {"points": 100, "state": "full"}, "B": {"points": 60 - 10 * rank, "state": "part"}}
        if rank == 3:
            cells["C"] = {"points": None, "state": "frozen"}  # type: ignore[dict-item]
        rows.append({"id": str(rank), "rank": rank, "name": name, "org": t("福建", "Fujian"), "points": 160 - 10 * rank, "time": f"01:{10 + rank}:05", "cells": cells, "changed": rank == 2})
    return rows, challenges


def _figures() -> dict[str, Any]:
    national, provincial = t("国家级", "National"), t("省级", "Provincial")

    def lines(high: int, low: int) -> list[dict[str, Any]]:
        return [{"label": national, "value": high, "kind": "national"}, {"label": provincial, "value": low, "kind": "provincial"}]

    months = [t(f"{n}月", f"{n:02d}") for n in range(1, 13)]
    people = [410, 380, 920, 1180, 1240, 1105, 640, 702, 1330, 1406, 1288, 918]
    return {
        "lines": lines,
        "months": {"type": "bar", "categories": months, "series": [{"name": t("培训", "Training"), "values": people}, {"name": t("实训", "Practical"), "values": [n // 2 for n in people]}], "stacked": True, "unit": t("人次", "person-times")},
        "trend": {"type": "line", "categories": months, "series": [{"name": t("累计", "Total"), "values": [sum(people[: n + 1]) for n in range(12)]}], "unit": t("人次", "person-times"), "lines": [{"value": 10000, "label": provincial}]},
    }  # fmt: skip


@bp.get("/")
@bp.get("/<part>")
@allow(Access.PUBLIC)
def page(part: str = "basic") -> str:
    """One part of the kit."""
    if part not in PARTS:
        abort(404)
    form = SampleForm(formdata=None)
    wrong = SampleForm(formdata=None, prefix="wrong")
    wrong.name.errors = [t("请填写此项。", "Please fill in this field.")]
    wrong.roster.errors = [t("第 3 行：手机号重复。", "Line 3: the phone number appears twice.")]
    rows, challenges = _standings()
    now = datetime.now(UTC)
    return render_template(
        f"gallery/{part}.html", t=t, parts=PARTS, part=part, form=form, wrong=wrong, units=_units(), questions=_questions(), rows=rows,
        challenges=challenges, figures=_figures(), now=now.isoformat(), ends=(now + timedelta(minutes=42)).isoformat(),
    )  # fmt: skip


@bp.get("/layout/<name>")
@allow(Access.PUBLIC)
def layout(name: str) -> str:
    """A whole-page layout: auth, workspace, starting, board, confirm, error-404 and its like."""
    if name.startswith("error-"):
        return render_template("error.html", status=int(name[6:]), message=t("没有这个页面，或者您无权查看。", "There is no such page, or it is not one that you may see."), request_id="4f1c0a9e22b7d3e8")
    if name == "confirm":
        return render_template("confirm.html", title=t("停止实验？", "Stop the lab?"), text=t("您的文件已保存。", "Your files are kept."), action="#", label=t("停止", "Stop"), cancel_url="/gallery/")
    if name not in {"auth", "workspace", "starting", "board"}:
        abort(404)
    rows, challenges = _standings()
    now = datetime.now(UTC)
    return render_template(
        f"gallery/layout_{'workspace' if name == 'starting' else name}.html", t=t, form=SampleForm(formdata=None), rows=rows, challenges=challenges, starting=name == "starting",
        now=now.isoformat(), ends=(now + timedelta(seconds=55)).isoformat(), wide=request.args.get("wide"),
    )  # fmt: skip


def register(app: Flask) -> None:
    """Mount the gallery at /gallery/."""
    app.register_blueprint(bp)
