"""The XLSX template, and the questions of a pack as a filled-in one."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shixun_packs.exchange.findings import both
from shixun_packs.exchange.xlsx import true_false
from shixun_packs.exchange.xlsx_columns import (
    HELP_SHEET,
    KINDS,
    LETTERS,
    MOST_ROWS,
    SHEET,
    SHOWN_LETTERS,
    Column,
    columns,
)
from shixun_packs.exchange.xlsx_help import EXAMPLES, HELP
from shixun_packs.question import (
    Choice,
    ChoiceQuestion,
    FillQuestion,
    NumericQuestion,
    OrderingQuestion,
    Question,
)

_HEAD = PatternFill("solid", fgColor="0B2E38")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
_LINE = Border(bottom=Side(style="thin", color="D0D7DA"))
_WRAP = Alignment(wrap_text=True, vertical="top")
_TEXT = "@"


def template() -> bytes:
    """An empty template with one example of each kind and a sheet that explains the columns in both languages."""
    return write_xlsx(EXAMPLES)


def write_xlsx(questions: Sequence[Question]) -> bytes:
    """Questions as a filled-in template, which `read_xlsx` reads back to the same questions."""
    most = max((len(_entries(question)) for question in questions), default=0)
    if most > len(LETTERS):
        raise ValueError(f"a question has more than {len(LETTERS)} choices")
    used = columns(LETTERS[: max(most, len(SHOWN_LETTERS))])
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    _head(sheet, used)
    for number, question in enumerate(questions, start=2):
        cells = _cells(question)
        for place, column in enumerate(used, start=1):
            cell = sheet.cell(number, place)
            cell.alignment, cell.border = _WRAP, _LINE
            _put(cell, cells.get(column.key, ""))
    _help(book.create_sheet(HELP_SHEET))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Worksheet, used: Sequence[Column]) -> None:
    for place, column in enumerate(used, start=1):
        cell = sheet.cell(1, place, column.heading)
        cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD, Alignment(wrap_text=True, vertical="center")
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = column.width
        sheet.column_dimensions[letter].number_format = _TEXT  # else 1/2 becomes a date
        if column.key == "kind":
            choices = ",".join(words[0] for words in KINDS.values())
            rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
            rule.error = f"题型：{choices}"
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
    sheet.row_dimensions[1].height = 34
    sheet.freeze_panes = "D2"


def _put(cell: Cell | MergedCell, text: str) -> None:
    """Write a text that stays one: `=1+1` is what somebody wrote, no formula (CWE-1236)."""
    cell.number_format = _TEXT
    if not text or isinstance(cell, MergedCell):
        return
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text[0] in "=+-@\t\r"


def _cells(question: Question) -> dict[str, str]:
    kind = "truefalse" if _is_true_false(question) else question.kind
    found = {
        "kind": KINDS[kind][0],
        "id": question.id,
        "text_zh": question.text.zh,
        "text_en": question.text.en,
        "points": _plain(question.points),
        "explanation_zh": question.explanation.zh,
        "explanation_en": question.explanation.en,
    }
    if isinstance(question, NumericQuestion):
        found |= {
            "answer": _plain(question.answer),
            "tolerance": _plain(question.tolerance),
            "unit": question.unit,
        }
    elif isinstance(question, FillQuestion):
        joined = "\n".join(question.accept)
        found["answer"] = f"{joined}\n" if "|" in joined and "\n" not in joined else joined
    elif isinstance(question, ChoiceQuestion) and kind == "truefalse":
        found["answer"] = "对" if question.choice[0].correct else "错"
        return found
    for letter, entry in zip(LETTERS, _entries(question), strict=False):
        found |= {f"choice_{letter}_zh": entry.text.zh, f"choice_{letter}_en": entry.text.en}
        if entry.why is not None:
            found |= {f"why_{letter}_zh": entry.why.zh, f"why_{letter}_en": entry.why.en}
    if isinstance(question, ChoiceQuestion):
        right = [letter for letter, choice in zip(LETTERS, question.choice, strict=False) if choice.correct]
        found["answer"] = ",".join(right)
    return found


def _is_true_false(question: Question) -> bool:
    """Whether the choices are exactly those that a row of this kind makes."""
    if not isinstance(question, ChoiceQuestion) or len(question.choice) != 2:
        return False
    return question.choice == [Choice.model_validate(choice) for choice in true_false(question.choice[0].correct)]


def _entries(question: Question) -> list[Choice]:
    if isinstance(question, ChoiceQuestion):
        return question.choice
    if isinstance(question, OrderingQuestion):
        return [Choice(text=text, correct=True) for text in question.order]
    return []


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(float(number))


def _help(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 60
    sheet.column_dimensions["C"].width = 60
    rows = [both("填写说明", "How to fill this in"), *(text for _heading, text in HELP)]
    names = ["", *(heading for heading, _text in HELP)]
    for number, (name, text) in enumerate(zip(names, rows, strict=True), start=1):
        for place, value in enumerate((name, text.zh, text.en), start=1):
            cell = sheet.cell(number, place)
            cell.alignment = _WRAP
            _put(cell, value)
            if number == 1:
                cell.font, cell.fill = _HEAD_FONT, _HEAD
    sheet.freeze_panes = "A2"
