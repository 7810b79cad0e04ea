"""Code in lessons, coloured by class: the page's style sheet has the colours, the HTML has none."""

from pygments import highlight as _pygmentize
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

_formatter = HtmlFormatter(nowrap=True)


def highlight(code: str, language: str) -> str:
    """HTML of `code` with Pygments' short classes; an unknown language stays plain."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else TextLexer(stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    return _pygmentize(code, lexer, _formatter)
