"""Questions from the XLSX template: bytes in, questions and row-wise findings out."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shixun_packs.exchange.findings import Findings, Imported, Unusable, both, reasons, same
from shixun_packs.exchange.ids import is_slug, slug_from
from shixun_packs.exchange.xlsx_cells import Row, read_rows
from shixun_packs.exchange.xlsx_columns import FALSE_WORDS, KIND_WORDS, KINDS, LETTERS, SHEET, TRUE_WORDS, plain
from shixun_packs.question import Question
from shixun_packs.text import LocalText

_question: TypeAdapter[Question] = TypeAdapter(Question)
_CHINESE = "中文"


def read_xlsx(data: bytes) -> Imported:
    """The questions of a filled-in template. Nothing is raised: what can't be taken is a finding with sheet, row and column.

    English may be left out: the Chinese then stands in both languages, and a finding says so.
    """
    findings = Findings()
    questions: list[Question] = []
    try:
        rows = read_rows(data, findings)
    except Unusable as error:
        findings.lose(both("文件", "the file"), error.message)
        return Imported([], findings.found)
    taken = {row["id"] for row in rows if is_slug(row["id"])}
    seen: dict[str, int] = {}
    for row in rows:
        reader = _RowReader(row, findings)
        found = reader.question(taken)
        if found is None:
            continue
        if found.id in seen:
            message = both(
                f"题号 {found.id} 与第 {seen[found.id]} 行重复",
                f"the id {found.id} stands in row {seen[found.id]}, too",
            )
            findings.lose(row.place("id"), message)
            continue
        seen[found.id] = row.number
        questions.append(found)
    if not rows and not findings.found:
        findings.lose(both(f"“{SHEET}”", SHEET), both("一道题也没有", "there is no question"))
    return Imported(questions, findings.found)


class _RowReader:
    """One row on its way to a question; every fault is noted at its cell."""

    def __init__(self, row: Row, findings: Findings) -> None:
        self.row = row
        self.findings = findings
        self.sound = True

    def question(self, taken: set[str]) -> Question | None:
        """The question, or None where the row has faults. A new id is added to `taken`."""
        kind = KIND_WORDS.get(plain(self.row["kind"]))
        if kind is None:
            kinds = "、".join(words[0] for words in KINDS.values())
            self._lose("kind", f"题型应是：{kinds}", f"the kind must be one of {', '.join(KINDS)}")
            return None
        found: dict[str, Any] = {
            "kind": "single" if kind == "truefalse" else kind,
            "text": self._local("text", "题目", "the question"),
            "points": self._number("points", "分值", "points", least=0.0, default=1.0, above=True),
            "explanation": self._local(
                "explanation", "解释（答题后给学员看）", "the explanation shown after the answer"
            ),
        }
        found |= getattr(self, f"_{kind}")()
        found["id"] = self._id(taken)
        if not self.sound:
            return None
        try:
            return _question.validate_python(found)
        except ValidationError as error:
            for reason in reasons(error):
                self.findings.lose(self.row.place("kind"), reason)
            return None

    def _id(self, taken: set[str]) -> str:
        given = self.row["id"]
        if given and not is_slug(given):
            self._lose(
                "id",
                "题号用小写字母开头，只含小写字母、数字和连字符，最多 41 个字符",
                "an id begins with a lower-case letter and has lower-case letters, digits and hyphens, 41 at most",
            )
        if given:
            return given
        found = slug_from("", f"row-{self.row.number}", taken)
        taken.add(found)
        return found

    # -- by kind ----------------------------------------------------------------------------------------------------

    def _single(self) -> dict[str, Any]:
        return self._choices("single")

    def _multiple(self) -> dict[str, Any]:
        return self._choices("multiple")

    def _choices(self, kind: str) -> dict[str, Any]:
        letters = self._letters()
        right = {letter for letter in unicodedata.normalize("NFKC", self.row["answer"]).upper() if letter.isalnum()}
        if not right:
            self._lose("answer", "没有写答案：写选项的字母，如 A 或 A,C", "no answer: give letters, like A or A,C")
        for letter in sorted(right - set(letters)):
            self._lose("answer", f"没有选项 {letter}", f"there is no choice {letter}")
        if kind == "single" and len(right) > 1:
            self._lose("answer", "单选题只有一个答案", "a single choice has one answer")
        if right >= set(letters) and letters:
            self._lose("answer", "所有选项都对，没有可选的", "every choice is right: there is nothing to choose")
        choices = []
        for letter in letters:
            choice: dict[str, Any] = {
                "correct": letter in right,
                "text": self._local(f"choice_{letter}", "选项", "the choice"),
            }
            if letter not in right or self.row[f"why_{letter}_zh"]:
                choice["why"] = self._local(f"why_{letter}", "这个选项错在哪里", "why this choice is wrong")
            choices.append(choice)
        return {"choice": choices}

    def _truefalse(self) -> dict[str, Any]:
        word = plain(self.row["answer"])
        if word not in TRUE_WORDS | FALSE_WORDS:
            self._lose("answer", "判断题的答案写 对 或 错", "the answer is true or false")
        if self._letters(least=0):
            self._lose("choice_A_zh", "判断题不填选项", "a true/false question has no choices")
        return {"choice": true_false(word in TRUE_WORDS)}

    def _numeric(self) -> dict[str, Any]:
        return {
            "answer": self._number("answer", "答案", "the answer"),
            "tolerance": self._number("tolerance", "允差", "the tolerance", least=0.0, default=0.0),
            "unit": self.row["unit"],
        }

    def _ordering(self) -> dict[str, Any]:
        if self.row["answer"]:
            self._lose(
                "answer", "排序题不填答案：选项按正确的顺序写", "leave empty: write the choices in the right order"
            )
        return {"order": [self._local(f"choice_{letter}", "选项", "the entry") for letter in self._letters(least=3)]}

    def _fill(self) -> dict[str, Any]:
        text = self.row.cells.get("answer", "")
        accept = [part.strip() for part in text.split("\n" if "\n" in text else "|") if part.strip()]
        if not accept:
            self._lose("answer", "没有写答案：几种写法用 | 隔开", "no answer: put | between several spellings")
        return {"accept": accept}

    def _letters(self, least: int = 2) -> list[str]:
        """The letters that have a choice, without gaps."""
        used = [
            letter
            for letter in LETTERS
            if any(self.row[f"{part}_{letter}_{lang}"] for part in ("choice", "why") for lang in ("zh", "en"))
        ]
        for expected, letter in zip(LETTERS, used, strict=False):
            if expected != letter:
                self._lose(
                    f"choice_{expected}_zh",
                    f"选项 {expected} 空着，{letter} 却有",
                    f"{expected} is empty, {letter} is not",
                )
                break
        if len(used) < least:
            self._lose(f"choice_{LETTERS[len(used)]}_zh", f"至少要 {least} 个选项", f"needs {least} choices at least")
        return used

    # -- cells ------------------------------------------------------------------------------------------------------

    def _local(self, key: str, zh: str, en: str) -> LocalText | None:
        """The text in both languages; Chinese must be there."""
        chinese, english = self.row[f"{key}_zh"], self.row[f"{key}_en"]
        if not chinese:
            self._lose(f"{key}_zh", f"没有填{zh}（{_CHINESE}）", f"{en} is missing in Chinese")
            return None
        if not english:
            message = both(f"没有填{zh}的英文：暂用中文", f"{en} has no English: the Chinese stands in for it")
            self.findings.note(self.row.place(f"{key}_en"), message)
            return same(chinese)
        return both(chinese, english)

    def _number(
        self, key: str, zh: str, en: str, *, least: float = -math.inf, default: float | None = None, above: bool = False
    ) -> float:
        text = unicodedata.normalize("NFKC", self.row[key]).replace("−", "-").replace(" ", "")
        if not text and default is not None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            shown = self.row[key][:40]
            self._lose(key, f"{zh}应是一个数，不是“{shown}”", f"{en} must be a number, not {shown!r}")
        elif number < least or (above and number == least):
            self._lose(key, f"{zh}太小", f"{en}: too small")
        return number

    def _lose(self, key: str, zh: str, en: str) -> None:
        self.sound = False
        self.findings.lose(self.row.place(key), both(zh, en))


def true_false(is_true: bool) -> list[dict[str, Any]]:
    """The choices of a true/false question, which is a single choice here."""
    right, wrong = both("正确", "True"), both("错误", "False")
    because = (
        both("题中的说法是错的", "the statement is false")
        if not is_true
        else both("题中的说法是对的", "the statement is true")
    )
    return [
        {"text": right, "correct": is_true, "why": None if is_true else because},
        {"text": wrong, "correct": not is_true, "why": because if is_true else None},
    ]
