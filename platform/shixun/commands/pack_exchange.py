"""`shixun pack import` and `shixun pack export`: content of other systems into packs, and packs out to them."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from shixun.commands.bare import bare_app
from shixun.core.clock import now
from shixun.curriculum.courseware import Imprint, courseware_pdf
from shixun.curriculum.exporting import course_cartridge
from shixun.curriculum.packs import ReadyCourse, ReadyLab, read_course, read_lab
from shixun.curriculum.printing import CannotPrint, find_browser
from shixun_packs.course import Course, LabItem, load_course
from shixun_packs.exchange.cartridge import read_cartridge
from shixun_packs.exchange.findings import Finding, Imported, both, same
from shixun_packs.exchange.gift import read_gift
from shixun_packs.exchange.moodle_xml import read_moodle_xml
from shixun_packs.exchange.placing import CourseDraft, QuizDraft, UnitDraft, place
from shixun_packs.exchange.xlsx import read_xlsx
from shixun_packs.exchange.xlsx_write import write_xlsx
from shixun_packs.problems import PackError
from shixun_packs.question import Question
from shixun_packs.toml import decode_text

MOST_BYTES = 256 * 2**20
_file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_pack_argument = click.argument("pack", type=click.Path(exists=True, file_okay=False, path_type=Path))


@dataclass(frozen=True)
class Content:
    """What a file of another system holds: a draft of units, and what was found on the way."""

    draft: CourseDraft
    findings: list[Finding]


def terminal_language() -> str:
    """`zh` or `en`, by the terminal's own setting."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


@click.group("import")
def import_group() -> None:
    """Bring questions and lessons of other systems into a course pack, or make a new pack of them.

    What can't be taken is listed with its place, and then nothing is written unless you say --partly.
    """


@click.group("export")
def export_group() -> None:
    """Write a course pack for other systems, for print, or as a question sheet."""


def import_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every import has."""
    for option in (
        _file_argument,
        click.option(
            "--into",
            "folder",
            type=click.Path(file_okay=False, path_type=Path),
            required=True,
            help="A course pack, or a folder that is not there yet for a new one.",
        ),
        click.option("--title", help="Title of the new unit (default: the file's name)."),
        click.option("--partly", is_flag=True, help="Take what can be taken and leave out the rest."),
        click.option("as_json", "--json", is_flag=True, help="Print JSON for programs."),
    ):
        command = option(command)
    return command


_quiz_option = click.option("--quiz", help="Put all questions at the end of this quiz of the pack (its slug).")
_lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the file's texts."
)


@import_group.command("gift")
@import_options
@_quiz_option
@_lang_option
def import_gift(file: Path, lang: str, title: str | None, **options: Any) -> None:
    """Questions in Moodle's GIFT format."""

    def read() -> Content:
        return questions_content(read_gift(decode_text(file.as_posix(), _bytes(file)), lang), title or file.stem)

    finish(file, read, **options)


@import_group.command("xlsx")
@import_options
@_quiz_option
def import_xlsx(file: Path, title: str | None, **options: Any) -> None:
    """Questions in our XLSX template (`shixun pack new questions.xlsx` makes an empty one)."""
    finish(file, lambda: questions_content(read_xlsx(_bytes(file)), title or file.stem), **options)


@import_group.command("moodle-xml")
@import_options
@_quiz_option
@_lang_option
def import_moodle_xml(file: Path, lang: str, title: str | None, **options: Any) -> None:
    """Questions in Moodle's XML format."""
    finish(file, lambda: questions_content(read_moodle_xml(_bytes(file), lang), title or file.stem), **options)


@import_group.command("cc")
@import_options
@_lang_option
def import_cartridge(file: Path, lang: str, title: str | None, **options: Any) -> None:
    """Pages and quizzes of an IMS Common Cartridge (.imscc)."""

    def read() -> Content:
        draft, findings = read_cartridge(_bytes(file), lang)
        return Content(replace(draft, title=same(title)) if title else draft, findings)

    finish(file, read, **options)


def questions_content(imported: Imported, title: str) -> Content:
    """Questions as one unit; each category of theirs is a quiz of its own."""
    quizzes: dict[str, list[Question]] = {}
    for question in imported.questions:
        quizzes.setdefault(imported.categories.get(question.id, ""), []).append(question)
    named = len(quizzes) > 1
    items = [
        QuizDraft(same((category.rstrip("/").rpartition("/")[2] if named else "") or title), questions)
        for category, questions in quizzes.items()
    ]
    return Content(CourseDraft(same(title), [UnitDraft(same(title), list(items))] if items else []), imported.findings)


def finish(
    file: Path,
    read: Callable[[], Content],
    *,
    folder: Path,
    partly: bool,
    as_json: bool,
    quiz: str | None = None,
) -> None:
    """Read, tell what was found, and write unless something would be lost unasked; exit with 1 if nothing was written."""
    lang = terminal_language()
    written: list[str] = []
    findings: list[Finding] = []
    problems: list[str] = []
    try:
        content = read()
        findings = content.findings
        if content.draft.units and (partly or not any(finding.lost for finding in findings)):
            written = place(content.draft, folder, quiz)
    except PackError as error:
        problems = [str(problem) for problem in error.problems]
    if as_json:
        listed = [_finding_json(finding) for finding in findings]
        click.echo(json.dumps({"written": written, "findings": listed, "problems": problems}, ensure_ascii=False))
        sys.exit(0 if written else 1)
    for finding in findings:
        kind = ("未导入", "not taken") if finding.lost else ("注意", "note")
        click.echo(f"{file}: {kind[lang != 'zh']}: {finding.get(lang)}")
    for problem in problems:
        click.echo(problem)
    for path in written:
        click.echo(f"{'写入' if lang == 'zh' else 'wrote'} {(folder / path).as_posix()}")
    if not written:
        message = both(
            "什么也没有写入。改好后再导入，或加 --partly 只导入其余的",
            "nothing was written: mend it and import again, or take the rest with --partly",
        )
        click.echo(message.get(lang), err=True)
        sys.exit(1)


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {"place": finding.place.model_dump(), "message": finding.message.model_dump(), "lost": finding.lost}


def _bytes(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file} is larger than {MOST_BYTES // 2**20} MB")
    return file.read_bytes()


def load_or_exit(pack: Path) -> Course:
    """The course pack, or its problems and exit 1."""
    try:
        return load_course(pack)
    except PackError as error:
        click.echo(str(error))
        sys.exit(1)


def output_option(suffix: str) -> Callable[..., Any]:
    """`--output`, by default beside you and named after the pack."""
    return click.option(
        "output",
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"Where to write (default: NAME{suffix} here).",
    )


@export_group.command("cc")
@_pack_argument
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of titles and questions."
)
@output_option(".imscc")
def export_cartridge(pack: Path, lang: str, output: Path | None) -> None:
    """The course as an IMS Common Cartridge 1.3: lessons as pages, quizzes as QTI 1.2."""
    course = load_or_exit(pack)
    data, findings = course_cartridge(course, lang)
    target = output or Path(f"{course.slug}.imscc")
    target.write_bytes(data)
    shown = terminal_language()
    for finding in findings:
        kind = ("未包含", "left out") if finding.lost else ("注意", "note")
        click.echo(f"{kind[shown != 'zh']}: {finding.get(shown)}")
    click.echo(f"wrote {target}")


@export_group.command("pdf")
@_pack_argument
@click.option("--center", default="", help="Name of the center, on the cover and every page.")
@click.option(
    "--with-answers", is_flag=True, help="For teachers: all questions at the end, with answers and explanations."
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of all but the lessons' own text.",
)
@output_option(".pdf")
def export_pdf(pack: Path, center: str, with_answers: bool, lang: str, output: Path | None) -> None:
    """The course as printed courseware (教学课件): A4, with cover, contents, running heads and page numbers.

    The tasks of its labs are printed where their packs are at hand: in labs/packs beside the folder of the courses.
    """
    try:
        find_browser()
        ready = read_course(pack)
        with bare_app().test_request_context(headers={"Accept-Language": lang}):
            imprint = Imprint(center, now().astimezone().date(), with_answers)
            data = courseware_pdf(ready, imprint, labs_at_hand(pack, ready))
    except PackError as error:
        click.echo(str(error))
        sys.exit(1)
    except CannotPrint as error:
        raise click.ClickException(str(error)) from None
    target = output or Path(f"{ready.course.slug}.pdf")
    target.write_bytes(data)
    click.echo(f"wrote {target}")


def labs_at_hand(pack: Path, ready: ReadyCourse) -> dict[str, ReadyLab]:
    """The lab packs that the course names, as far as this repository has them. Raises `PackError`."""
    folder = pack.resolve().parent.parent / "labs" / "packs"
    names = [item.lab for item in ready.course.items if isinstance(item, LabItem)]
    return {name: read_lab(folder / name) for name in names if (folder / name / "lab.toml").is_file()}


@export_group.command("xlsx")
@_pack_argument
@click.option("--quiz", help="Only this quiz (its slug); `checks` are the questions inside lessons. Default: all.")
@output_option(".xlsx")
def export_xlsx(pack: Path, quiz: str | None, output: Path | None) -> None:
    """The pack's questions as a filled-in XLSX template."""
    course = load_or_exit(pack)
    banks = {slug: bank.question for slug, bank in course.quizzes.items()}
    if course.checks:
        banks["checks"] = list(course.checks.values())
    if quiz is not None and quiz not in banks:
        raise click.ClickException(f"there is no quiz {quiz!r}: {', '.join(banks) or 'the pack has none'}")
    chosen = banks[quiz] if quiz else [question for bank in banks.values() for question in bank]
    if len({question.id for question in chosen}) < len(chosen):
        raise click.ClickException("several quizzes have questions of the same id: export one at a time with --quiz")
    target = output or Path(f"{course.slug}{f'-{quiz}' if quiz else ''}.xlsx")
    try:
        target.write_bytes(write_xlsx(chosen))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"wrote {target} ({len(chosen)} questions)")
