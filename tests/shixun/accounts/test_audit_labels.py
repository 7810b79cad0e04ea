"""Every code that the audit trail can hold reads as words, in both languages."""

import ast
import re
from pathlib import Path
from typing import Any

from flask_babel import force_locale

import shixun
import shixun_contests
from shixun.accounts.audit_labels import LABELS

CODE = re.compile(r"[a-z]+\.[a-z-]+\.[a-z-]+")


def _codes() -> set[str]:
    """The codes in calls of `audit.record` anywhere in the source."""
    found = set()
    for package in (shixun, shixun_contests):
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                    found |= {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}
    return found


def test_every_code_has_a_label(app: Any) -> None:
    codes = _codes()
    assert len(codes) > 40
    assert codes - LABELS.keys() == set()
    assert LABELS.keys() - codes == set()


def test_labels_are_words_in_both_languages(app: Any) -> None:
    with app.test_request_context():
        for code, label in LABELS.items():
            with force_locale("zh"):
                assert re.search("[一-鿿]", str(label)), code
            with force_locale("en"):
                assert re.fullmatch(r"[A-Za-z ,;-]+", str(label)), code
