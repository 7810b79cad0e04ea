"""Formulas: LaTeX to MathML, which browsers draw by themselves."""

import re
from xml.etree import ElementTree

from latex2mathml import converter

_MOST = 2000  # characters
_LEFT_OVER = re.compile(r"\\[A-Za-z]+")
# MathML Core §3.3, §3.4: a browser shows an error in place of such an element with another number of parts.
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}


class BadFormula(ValueError):
    """LaTeX that can't be turned into MathML."""


def mathml(latex: str, *, block: bool) -> str:
    """One `<math>` element. Raises `BadFormula` with the reason."""
    source = latex.strip()
    if len(source) > _MOST:
        raise BadFormula(f"the formula is longer than {_MOST} characters")
    try:
        found: str = converter.convert(source, display="block" if block else "inline")
        tree = ElementTree.fromstring(found)  # noqa: S314 - made here, from a short text
    except Exception as error:  # the converter raises whatever its parser trips over
        raise BadFormula(f"the formula {source!r} can't be read: {type(error).__name__}") from error
    unknown = _LEFT_OVER.search("".join(tree.itertext()))
    if unknown:
        raise BadFormula(f"the formula {source!r} has an unknown command {unknown.group()}")
    for element in tree.iter():
        name = element.tag.rpartition("}")[2]
        if name in _PARTS and len(element) != _PARTS[name]:
            raise BadFormula(f"the formula {source!r} lacks a part (a fraction needs two, for example)")
    return found
