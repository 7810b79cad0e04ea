"""The columns of the question sheet (题目), for whoever reads it and whoever writes it."""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass

SHEET = "题目 Questions"
HELP_SHEET = "填写说明 Help"
LETTERS = string.ascii_uppercase[:12]  # choices of a question, entries of an ordering
SHOWN_LETTERS = LETTERS[:6]  # in the template; an export has as many as its questions need
MOST_ROWS = 2000

# What may stand in the column of kinds; the first of each is what the template and exports write.
KINDS: dict[str, tuple[str, ...]] = {
    "single": ("单选", "单选题", "single", "single choice"),
    "multiple": ("多选", "多选题", "multiple", "multiple choice"),
    "truefalse": ("判断", "判断题", "true/false", "truefalse"),
    "numeric": ("数值", "数值题", "计算题", "numeric", "number"),
    "ordering": ("排序", "排序题", "ordering", "order"),
    "fill": ("填空", "填空题", "fill", "fill-in"),
}
TRUE_WORDS = frozenset({"对", "正确", "是", "true", "t", "yes", "√", "a"})
FALSE_WORDS = frozenset({"错", "错误", "否", "false", "f", "no", "×", "b"})


@dataclass(frozen=True)
class Column:
    """One column: its key in the code, its headings, its width in characters."""

    key: str
    zh: str
    en: str
    width: int = 24

    @property
    def heading(self) -> str:
        """The heading as the template shows it."""
        return f"{self.zh}\n{self.en}"


def columns(letters: str = SHOWN_LETTERS) -> list[Column]:
    """All columns in the template's order, with choices for `letters`."""
    found = [
        Column("kind", "题型", "Kind", 10),
        Column("id", "题号", "Id", 16),
        Column("text_zh", "题目（中文）", "Question (Chinese)", 44),
        Column("text_en", "题目（英文）", "Question (English)", 44),
        Column("points", "分值", "Points", 8),
        Column("answer", "答案", "Answer", 14),
        Column("tolerance", "允差", "Tolerance", 10),
        Column("unit", "单位", "Unit", 8),
        Column("explanation_zh", "解释（中文）", "Explanation (Chinese)", 36),
        Column("explanation_en", "解释（英文）", "Explanation (English)", 36),
    ]
    for letter in letters:
        found += [
            Column(f"choice_{letter}_zh", f"选项 {letter}（中文）", f"Choice {letter} (Chinese)"),
            Column(f"choice_{letter}_en", f"选项 {letter}（英文）", f"Choice {letter} (English)"),
            Column(f"why_{letter}_zh", f"{letter} 为什么错（中文）", f"Why {letter} is wrong (Chinese)"),
            Column(f"why_{letter}_en", f"{letter} 为什么错（英文）", f"Why {letter} is wrong (English)"),
        ]
    return found


def plain(text: str) -> str:
    """A heading or key word as it is compared: width, case and white space make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


HEADINGS: dict[str, str] = {
    plain(name): column.key for column in columns(LETTERS) for name in (column.zh, column.en, column.heading)
}
KIND_WORDS: dict[str, str] = {plain(word): kind for kind, words in KINDS.items() for word in words}
