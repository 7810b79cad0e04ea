"""The XLSX template: round trips, what people get wrong in it, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from shixun_packs.course import load_course
from shixun_packs.exchange.findings import Finding
from shixun_packs.exchange.xlsx import read_xlsx
from shixun_packs.exchange.xlsx_columns import KINDS, SHEET, columns
from shixun_packs.exchange.xlsx_help import EXAMPLES
from shixun_packs.exchange.xlsx_write import template, write_xlsx
from shixun_packs.question import ChoiceQuestion, FillQuestion

ROOT = Path(__file__).parents[3]
GOOD = {
    "kind": "单选",
    "id": "q-one",
    "text_zh": "题",
    "text_en": "Question",
    "answer": "B",
    "explanation_zh": "因为",
    "explanation_en": "Because",
    "choice_A_zh": "甲",
    "choice_A_en": "A",
    "why_A_zh": "错",
    "why_A_en": "wrong",
    "choice_B_zh": "乙",
    "choice_B_en": "B",
}


def sheet(*rows: dict[str, Any], spoil: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with these rows, by key of the column; `spoil` gets the worksheet."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = SHEET
    keys = [column.key for column in columns()]
    page.append([column.heading for column in columns()])
    for row in rows:
        page.append([row.get(key) for key in keys])
    if spoil:
        spoil(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lost(data: bytes) -> list[Finding]:
    found = read_xlsx(data)
    assert found.questions == []
    assert found.lost
    return found.lost


def letter(key: str) -> str:
    place = next(number for number, column in enumerate(columns()) if column.key == key)
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def test_the_template_explains_itself_and_its_examples_are_of_every_kind() -> None:
    found = read_xlsx(template())
    assert found.findings == []
    assert found.questions == EXAMPLES
    book = load_workbook(io.BytesIO(template()))
    assert book.sheetnames[0] == SHEET
    assert len(book.sheetnames) == 2
    assert {row[0].value for row in book[SHEET].iter_rows(min_row=2)} == {words[0] for words in KINDS.values()}
    assert all(cell.number_format == "@" for row in book[SHEET].iter_rows(min_row=2) for cell in row)


@pytest.mark.parametrize("course", ["industrial-networks", "demo-first-steps"])
def test_every_bank_of_ours_survives_the_way_out_and_in(course: str) -> None:
    pack = load_course(ROOT / "courses" / course)
    for bank in [*(quiz.question for quiz in pack.quizzes.values()), list(pack.checks.values())]:
        found = read_xlsx(write_xlsx(bank))
        assert found.findings == []
        assert found.questions == bank


def test_what_looks_like_a_formula_stays_a_text() -> None:
    """A trainee's or an author's `=cmd|…` must not run in the spreadsheet of whoever opens the export."""
    evil = [
        question.model_copy(
            update={"explanation": question.explanation.model_copy(update={"zh": mark + "cmd|' /C calc'!A0"})}
        )
        for question, mark in zip(EXAMPLES, "=+-@", strict=False)
    ]
    fills = [
        FillQuestion.model_validate(EXAMPLES[-1].model_dump() | {"accept": ["a|b"]}),
        EXAMPLES[-1].model_copy(update={"id": "x2"}),
    ]
    data = write_xlsx([*evil, *fills])
    cells = [cell for row in load_workbook(io.BytesIO(data))[SHEET].iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    quoted = [cell.value for cell in cells if cell.quotePrefix]
    assert [str(value)[0] for value in quoted if "calc" in str(value)] == ["=", "+", "-", "@"]
    assert read_xlsx(data).questions == [*evil, *fills]


def test_english_may_wait_and_is_listed_cell_by_cell() -> None:
    found = read_xlsx(sheet({key: value for key, value in GOOD.items() if not key.endswith("_en")}))
    (question,) = found.questions
    assert question.text.en == "题"
    assert not found.lost
    places = {finding.place.en for finding in found.findings}
    assert f"{SHEET}!{letter('text_en')}2" in places
    assert f"{SHEET}!{letter('why_A_en')}2" in places
    assert len(places) == 5


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"kind": "论述"}, "kind", "kind must be one of"),
        ({"id": "Q 1"}, "id", "an id begins with"),
        ({"text_zh": None}, "text_zh", "missing in Chinese"),
        ({"points": "many"}, "points", "must be a number"),
        ({"points": 0}, "points", "too small"),
        ({"points": "1_0"}, "points", "must be a number"),
        ({"answer": None}, "answer", "no answer"),
        ({"answer": "C"}, "answer", "no choice C"),
        ({"answer": "A,B"}, "answer", "one answer"),
        ({"why_A_zh": None, "why_A_en": None}, "why_A_zh", "why this choice is wrong is missing"),
        ({"choice_B_zh": None, "choice_B_en": None}, "choice_B_zh", "2 choices at least"),
        ({"choice_D_zh": "丁", "choice_D_en": "D"}, "choice_C_zh", "C is empty"),
        ({"explanation_zh": None}, "explanation_zh", "explanation"),
        ({"kind": "数值", "answer": "≈3"}, "answer", "must be a number"),
        ({"kind": "数值", "answer": 3, "tolerance": -1}, "tolerance", "too small"),
        ({"kind": "数值", "answer": "nan"}, "answer", "must be a number"),
        ({"kind": "排序"}, "answer", "leave empty"),
        ({"kind": "判断", "answer": "也许"}, "answer", "true or false"),
        ({"kind": "填空", "answer": " | "}, "answer", "no answer"),
        ({"answer": datetime(2026, 1, 2)}, "answer", "made a date"),  # noqa: DTZ001
        ({"answer": "=B3"}, "answer", "is a formula"),
        ({"text_zh": "长" * 4001}, "text_zh", "more than 4000"),
    ],
)
def test_a_fault_is_named_by_row_and_column_in_both_languages(change: dict[str, Any], key: str, words: str) -> None:
    found = lost(sheet({}, GOOD | change))  # an empty row above: numbers are those that the spreadsheet shows
    hits = [
        finding for finding in found if finding.place.en == f"{SHEET}!{letter(key)}3" and words in finding.message.en
    ]
    assert hits, [finding.get("en") for finding in found]
    assert "第 3 行" in hits[0].place.zh
    assert any("\u4e00" <= sign <= "\u9fff" for sign in hits[0].message.zh)


def test_one_bad_row_does_not_hide_the_others_and_ids_are_not_taken_twice() -> None:
    rows = [GOOD, GOOD | {"kind": "?"}, GOOD | {"id": None}, GOOD, GOOD | {"id": "row-4"}]
    found = read_xlsx(sheet(*rows))
    assert [question.id for question in found.questions] == ["q-one", "row-4-2", "row-4"]
    assert [finding.place.en for finding in found.lost] == [f"{SHEET}!A3", f"{SHEET}!B5"]
    assert "stands in row 2" in found.lost[1].message.en


def test_what_spreadsheets_do_to_cells_is_told() -> None:
    def spoil(page: Any) -> None:
        page["F2"].value, page["F2"].number_format = 0.85, "0%"
        page["ZZ3"] = "stray"
        page.merge_cells("C4:D4")
        page["F5"].value, page["F5"].data_type = "#N/A", "e"

    found = read_xlsx(sheet(GOOD, GOOD, GOOD, GOOD, spoil=spoil))
    told = {finding.place.en: finding.message.en for finding in found.lost}
    assert "percentage" in told[f"{SHEET}!F2"]
    assert "no heading" in told[f"{SHEET}!ZZ3"]
    assert "merged" in told[f"{SHEET}!C4:D4"]
    assert "error value" in told[f"{SHEET}!F5"]


@pytest.mark.parametrize(
    ("heading", "words"),
    [("Colour", "unknown"), ("题型", "twice"), (None, "lacks the heading")],
)
def test_headings_are_held_against_the_template(heading: str | None, words: str) -> None:
    def spoil(page: Any) -> None:
        page["C1"] = heading

    assert words in lost(sheet(GOOD, spoil=spoil))[0].message.en


def test_columns_may_stand_in_another_order_and_sparse_sheets_cost_nothing() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "Questions"
    row = GOOD | {"kind": "Single choice", "answer": "（Ｂ）"}
    for place, key in enumerate(reversed(row), start=1):
        page.cell(1, place, next(column.en.upper() for column in columns() if column.key == key))
        page.cell(1_048_576, place, row[key])
    out = io.BytesIO()
    book.save(out)
    found = read_xlsx(out.getvalue())
    assert [question.id for question in found.questions] == ["q-one"]
    assert isinstance(found.questions[0], ChoiceQuestion)
    assert [choice.correct for choice in found.questions[0].choice] == [False, True]


def repacked(data: bytes, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The archive with one file more, or with another content in one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", method) as after:
        for entry in before.infolist():
            if entry.filename != name:
                after.writestr(entry.filename, before.read(entry))
        after.writestr(name, content)
    return out.getvalue()


def ranged(element: str) -> bytes:
    """A sheet with one line of XML about all its seventeen thousand million cells."""
    with zipfile.ZipFile(io.BytesIO(sheet(GOOD))) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    return repacked(
        sheet(GOOD), "xl/worksheets/sheet1.xml", xml.replace(b"</sheetData>", f"</sheetData>{element}".encode())
    )


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
FILE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 nothing", "damaged"),
        (sheet(GOOD)[:-300], "damaged"),
        (repacked(sheet(GOOD), "xl/worksheets/sheet1.xml", BOMB), "document type"),
        (repacked(sheet(GOOD), "xl/sharedStrings.xml", FILE), "document type"),
        (repacked(sheet(GOOD), "xl/workbook.xml", BOMB.decode().encode("utf-16")), "document type"),
        (repacked(sheet(GOOD), "xl/media/zeros", bytes(17 * 2**20)), "larger than"),
        (repacked(sheet(GOOD), "../evil.xml", b"x"), "leaves"),
        (repacked(sheet(GOOD), "xl/worksheets/sheet1.xml", b"<broken"), "damaged"),
        (ranged('<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "too large an area"),
        (ranged('<hyperlinks><hyperlink ref="A1:XFD1048576" location="a"/></hyperlinks>'), "too large an area"),
        (ranged('<mergeCells count="1"><mergeCell ref="every"/></mergeCells>'), "damaged"),
        (repacked(sheet(GOOD), "big", bytes(range(256)) * 21000, zipfile.ZIP_STORED), "too large"),
    ],
)
def test_dangerous_and_broken_files_are_refused_with_a_reason(data: bytes, words: str) -> None:
    (finding,) = lost(data)
    assert words in finding.message.en


def test_an_encrypted_or_linked_entry_is_refused() -> None:
    data = bytearray(sheet(GOOD))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 8] |= 1
    assert "encrypted" in lost(bytes(data))[0].message.en
    link = bytearray(sheet(GOOD))
    directory = link.rindex(b"PK\x01\x02")
    link[directory + 38 : directory + 42] = (0o120777 << 16).to_bytes(4, "little")
    assert "link" in lost(bytes(link))[0].message.en


def test_another_workbook_says_what_is_missing() -> None:
    out = io.BytesIO()
    Workbook().save(out)
    assert "has no sheet" in lost(out.getvalue())[0].message.en
    assert "no question" in lost(sheet())[0].message.en
