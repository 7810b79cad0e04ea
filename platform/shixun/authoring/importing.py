"""Questions from files of other kinds, by the readers that `shixun pack import` has."""

from shixun.authoring import problem_texts
from shixun.core.errors import Invalid
from shixun.core.i18n import _l
from shixun.curriculum import questions
from shixun.curriculum.rendering import BadText
from shixun_packs.exchange.findings import Finding, Imported, both, same
from shixun_packs.exchange.gift import read_gift
from shixun_packs.exchange.moodle_xml import read_moodle_xml
from shixun_packs.exchange.xlsx import read_xlsx
from shixun_packs.problems import PackError
from shixun_packs.toml import decode_text

MOST_BYTES = 8 * 2**20


def read(name: str, data: bytes, lang: str) -> Imported:
    """The questions of a file, chosen by its name's ending. Raises `Invalid` for a file of another kind.

    A text that could not be shown (a formula with a mistake) counts as not taken, like what the readers refuse.
    """
    if len(data) > MOST_BYTES:
        raise Invalid(_l("A file may hold at most 8 MB."))
    suffix = name.lower().rpartition(".")[2]
    if suffix == "xlsx":
        found = read_xlsx(data)
    elif suffix in {"txt", "gift"}:
        try:
            found = read_gift(decode_text(name, data), lang)
        except PackError as error:
            raise Invalid(" ".join(problem_texts.placed(problem) for problem in error.problems)) from None
    elif suffix == "xml":
        found = read_moodle_xml(data, lang)
    else:
        raise Invalid(_l("Choose an XLSX file made from the template, or a Moodle file: GIFT (.txt, .gift) or XML."))
    kept, findings = [], list(found.findings)
    for question in found.questions:
        try:
            questions.from_pack(question)
        except BadText as error:
            findings.append(Finding(same(question.id), both(error.message, error.message), lost=True))
        else:
            kept.append(question)
    return Imported(kept, findings, found.categories)
