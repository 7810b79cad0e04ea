"""Cells of an XLSX file as texts: everything that a spreadsheet may have made of what somebody typed is told, not guessed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from shixun_packs.exchange.archives import ArchiveLimits, has_doctype, open_archive, read_member
from shixun_packs.exchange.findings import Findings, Unusable, both
from shixun_packs.exchange.xlsx_columns import HEADINGS, MOST_ROWS, SHEET, plain
from shixun_packs.exchange.xml_reading import tag
from shixun_packs.text import LocalText

LIMITS = ArchiveLimits(archive_bytes=5 * 2**20, file_bytes=16 * 2**20, total_bytes=24 * 2**20, files=200)
LONGEST_CELL = 4000  # characters
MOST_RANGED = 100_000  # cells of a sheet in merged or linked ranges
_WIDEST, _LONGEST = 16384, 1048576  # columns and rows of a sheet


@dataclass(frozen=True)
class Row:
    """One row with something in it. `cells` by the key of the column, as typed; `row[key]` without white space around."""

    number: int
    cells: dict[str, str]
    letters: dict[str, str]

    def place(self, key: str) -> LocalText:
        """Where a column's cell of this row is; the column may be missing from the sheet."""
        letter = self.letters.get(key, "")
        return both(f"“{SHEET}”第 {self.number} 行{letter and f' {letter} 列'}", _cell(SHEET, self.number, letter))

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "").strip()


def read_rows(data: bytes, findings: Findings) -> list[Row]:
    """The rows of the question sheet in which every cell is a plain text or number; the others are told as lost.

    Raises `Unusable` for a file that is no XLSX, has no such sheet or no headings, or is dangerous to read.
    """
    sheet = _sheet(data)
    keys = _headings(sheet)
    letters = {key: get_column_letter(column) for column, key in keys.items()}
    for merged in sheet.merged_cells.ranges:
        place = both(f"“{SHEET}”{merged.coord}", f"{SHEET}!{merged.coord}")
        findings.lose(place, both("合并的单元格：请取消合并", "merged cells: unmerge them"))
    grid: dict[int, list[Cell]] = {}
    for cell in sheet._cells.values():  # only what is in the file: a sheet may claim a million empty rows
        if (cell.row or 0) > 1 and cell.value is not None and str(cell.value).strip():
            grid.setdefault(cell.row, []).append(cell)
    if len(grid) > MOST_ROWS:
        raise Unusable(both(f"超过 {MOST_ROWS} 题：请分成几个文件", f"has more than {MOST_ROWS} rows: split the file"))
    rows = []
    for number in sorted(grid):
        cells: dict[str, str] = {}
        sound = True
        for cell in grid[number]:
            try:
                cells[_key(cell, keys)] = _text(cell)
            except Unusable as error:
                sound = False
                letter = get_column_letter(cell.column)
                where = both(f"“{SHEET}”第 {number} 行 {letter} 列", _cell(SHEET, number, letter))
                findings.lose(where, error.message)
        if sound:
            rows.append(Row(number, cells, letters))
    return rows


def _cell(sheet: str, row: int, letter: str) -> str:
    return f"{sheet}!{letter}{row}" if letter else f"{sheet}, row {row}"


def _sheet(data: bytes) -> Worksheet:
    archive = open_archive(data, LIMITS)
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")) and has_doctype(read_member(archive, entry.filename)):
            raise Unusable(both(f"{entry.filename} 含有文档类型声明", f"{entry.filename} declares a document type"))
        if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
            _refuse_wide_ranges(read_member(archive, entry.filename))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of every extension of Excel's that it drops
            book = load_workbook(BytesIO(data), keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers trip over
        name = type(error).__name__
        raise Unusable(both(f"不是 XLSX 文件，或已损坏（{name}）", f"is no XLSX file, or damaged ({name})")) from None
    for sheet in book.worksheets:
        if sheet.title in {SHEET, "题目", "Questions"}:
            return sheet
    raise Unusable(both(f"没有名为“{SHEET}”的工作表：请用模板填写", f"has no sheet {SHEET!r}: use the template"))


def _refuse_wide_ranges(sheet: bytes) -> None:
    """Stop at ranges of which openpyxl makes every cell, filled or not: one line of XML can name a whole sheet."""
    cells = 0
    try:
        for _event, element in iterparse(BytesIO(sheet), forbid_dtd=True):
            if tag(element) in {"mergeCell", "hyperlink"}:
                left, top, right, bottom = range_boundaries(element.get("ref", ""))
                cells += ((right or _WIDEST) - (left or 1) + 1) * ((bottom or _LONGEST) - (top or 1) + 1)
            element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unusable(both("不是 XLSX 文件，或已损坏", "is no XLSX file, or damaged")) from None
    if cells > MOST_RANGED:
        raise Unusable(both("合并的单元格或链接的区域太大", "merged cells or links cover too large an area"))


def _headings(sheet: Worksheet) -> dict[int, str]:
    """Column number → key. Every heading must be one of ours, once."""
    found: dict[int, str] = {}
    for cell in sheet[1]:
        if cell.value is None or not str(cell.value).strip():
            continue
        key = HEADINGS.get(plain(str(cell.value)))
        where = f"{get_column_letter(cell.column)}1"
        shown = " ".join(str(cell.value).split())[:60]
        if key is None:
            raise Unusable(both(f"{where}：不认识的表头“{shown}”", f"{where}: the heading {shown!r} is unknown"))
        if key in found.values():
            raise Unusable(both(f"{where}：表头“{shown}”出现两次", f"{where}: the heading {shown!r} is there twice"))
        found[cell.column] = key
    for key, title in (("kind", "题型 Kind"), ("text_zh", "题目（中文） Question (Chinese)")):
        if key not in found.values():
            raise Unusable(both(f"第 1 行缺少表头“{title}”", f"row 1 lacks the heading {title!r}"))
    return found


def _key(cell: Cell, keys: dict[int, str]) -> str:
    if cell.column not in keys:
        raise Unusable(both("这一列没有表头", "this column has no heading"))
    return keys[cell.column]


def _text(cell: Cell) -> str:
    """What stands in a cell, as a person typed it. Raises `Unusable` where that can't be known."""
    value: Any = cell.value
    if cell.data_type == "f" or not isinstance(value, str | int | float | bool):
        if cell.data_type == "d" or cell.is_date:
            raise Unusable(
                both(
                    "表格软件把它变成了日期：把这一格设为“文本”再填",
                    "the spreadsheet made a date of it: format the cell as text and type it again",
                )
            )
        raise Unusable(both("是公式：请改成值", "is a formula: put in its value"))
    if cell.data_type == "e":
        raise Unusable(both(f"是错误值 {value}", f"is the error value {value}"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if "%" in str(cell.number_format):
            raise Unusable(
                both(
                    "是百分比格式：写成数，单位一列写 %",
                    "is formatted as a percentage: write the number, and % in the column of units",
                )
            )
        return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    if len(value) > LONGEST_CELL:
        raise Unusable(both(f"超过 {LONGEST_CELL} 个字", f"has more than {LONGEST_CELL} characters"))
    return value.replace("\r\n", "\n").replace("_x000D_", "")
