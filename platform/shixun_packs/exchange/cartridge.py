"""IMS Common Cartridge in: pages become lessons, assessments become quizzes, everything else is told.

Versions 1.0 to 1.3 (their namespaces differ, their elements hardly), and Canvas's way of naming files
(`$IMS-CC-FILEBASE$`). See https://www.imsglobal.org/cc/ (Implementation 1.3).
"""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from shixun_packs.exchange.archives import ArchiveLimits, open_archive, read_member
from shixun_packs.exchange.drafts import Taker
from shixun_packs.exchange.findings import Finding, Findings, Unusable, both, same
from shixun_packs.exchange.html_tree import parse_html
from shixun_packs.exchange.ids import slug_from
from shixun_packs.exchange.markdown import html_blocks
from shixun_packs.exchange.placing import CourseDraft, LessonDraft, QuizDraft, UnitDraft
from shixun_packs.exchange.qti import read_assessment
from shixun_packs.exchange.xml_reading import below, child, children, parse_xml, tag, text_of
from shixun_packs.figure import MAX_FIGURE_BYTES, SUFFIXES, check_figure
from shixun_packs.problems import Report
from shixun_packs.text import LocalText

LIMITS = ArchiveLimits(archive_bytes=128 * 2**20, file_bytes=64 * 2**20, total_bytes=512 * 2**20, files=5000)
_FILEBASE = re.compile(r"^(\$|%24)IMS[-_]CC[-_]FILEBASE(\$|%24)/?", re.IGNORECASE)
_DATA = re.compile(r"data:image/(png|jpeg|webp);base64,([A-Za-z0-9+/=\s]+)$")
_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title>", re.IGNORECASE)
_FOREIGN = (
    ("imswl", both("网页链接", "a web link")),
    ("imsdt", both("讨论", "a discussion")),
    ("imsbasiclti", both("外部工具（LTI）", "an external tool (LTI)")),
    ("assignment", both("作业", "an assignment")),
)


@dataclass(frozen=True)
class _Resource:
    kind: str
    href: str
    files: list[str]


@dataclass
class _Item:
    title: str
    resource: str
    children: list[_Item] = field(default_factory=list)


def read_cartridge(data: bytes, lang: str = "zh") -> tuple[CourseDraft, list[Finding]]:
    """A course to be, from a cartridge whose texts are in `lang`. Nothing is raised: what can't be taken is a finding."""
    findings = Findings()
    try:
        draft = _Cartridge(data, lang, findings).course()
    except Unusable as error:
        findings.lose(both("文件", "the file"), error.message)
        draft = CourseDraft(same("Course"), [])
    return draft, findings.found


class _Cartridge:
    def __init__(self, data: bytes, lang: str, findings: Findings) -> None:
        self.archive: zipfile.ZipFile = open_archive(data, LIMITS)
        self.names = {entry.filename for entry in self.archive.infolist() if not entry.is_dir()}
        self.taker = Taker(lang, findings)
        self.findings = findings
        self.figures: dict[str, bytes] = {}
        self.figure_of: dict[str, str] = {}
        self.used: set[str] = set()
        manifest = parse_xml(read_member(self.archive, "imsmanifest.xml"), "imsmanifest.xml")
        if tag(manifest) != "manifest":
            raise Unusable(both("imsmanifest.xml 不是清单", "imsmanifest.xml is no manifest"))
        self.manifest: Element = manifest
        self.resources = {
            entry.get("identifier", ""): _resource(entry)
            for entry in children(child(manifest, "resources"), "resource")
        }

    def course(self) -> CourseDraft:
        """The course: the organization's folders are units, and pages that stand in none are one more."""
        title = next((text_of(entry) for entry in below(self.manifest, "title") if text_of(entry)), "") or "Course"
        top = _items(child(self.manifest, "organizations", "organization"))
        while len(top) == 1 and not top[0].resource and not top[0].title and top[0].children:
            top = top[0].children
        units: list[UnitDraft] = []
        loose: list[_Item] = []
        for entry in top:
            if entry.children:
                self._add_unit(units, entry.title, self._flat(entry))
            else:
                loose.append(entry)
        self._add_unit(units, title, loose)
        rest = [
            _Item("", identifier)
            for identifier, resource in self.resources.items()
            if identifier not in self.used
            and ((resource.kind == "webcontent" and _is_page(resource.href)) or "imsqti" in resource.kind)
        ]
        self._add_unit(units, "其他 Other", rest)
        self._tell_rest()
        self.taker.done()
        return CourseDraft(same(" ".join(title.split())), units, self.figures)

    def _flat(self, entry: _Item) -> list[_Item]:
        found = [entry] if entry.resource else []
        for below_it in entry.children:
            found += self._flat(below_it) if below_it.children else [below_it]
        return found

    def _add_unit(self, units: list[UnitDraft], title: str, entries: list[_Item]) -> None:
        items: list[LessonDraft | QuizDraft] = []
        for entry in entries:
            if (made := self._item(entry)) is not None:
                items.append(made)
        if items:
            units.append(UnitDraft(same(" ".join(title.split()) or "Unit"), items))

    def _item(self, entry: _Item) -> LessonDraft | QuizDraft | None:
        """One page or quiz, or None where it can't be taken, which is then told."""
        place = same(entry.title or entry.resource or "?")
        resource = self.resources.get(entry.resource)
        if resource is None:
            if entry.resource:
                self.findings.lose(place, both("清单里没有它的资源", "its resource is not in the manifest"))
            return None
        self.used.add(entry.resource)
        try:
            if "imsqti" in resource.kind:
                return self._quiz(entry, resource)
            if resource.kind == "webcontent" and _is_page(resource.href):
                return self._page(entry, resource, place)
            kind = next((name for mark, name in _FOREIGN if mark in resource.kind), None)
            shown = resource.href or ", ".join(resource.files) or resource.kind
            what = kind or both(f"文件 {shown}", f"the file {shown}")
            raise Unusable(both(f"{what.zh}没有对应的内容", f"{what.en} has no counterpart here"))
        except Unusable as error:
            self.findings.lose(place, error.message)
            return None

    def _quiz(self, entry: _Item, resource: _Resource) -> QuizDraft | None:
        name = next((file for file in resource.files if file.endswith(".xml")), "") or resource.href
        title, drafts = read_assessment(parse_xml(self._read(name), name), self.findings, entry.title or name)
        before = len(self.taker.questions)
        for draft in drafts:
            self.taker.take(draft)
        questions = self.taker.questions[before:]
        shown = " ".join((entry.title or title).split()) or "Quiz"
        if not questions:
            raise Unusable(both("测验里没有能用的题", "the quiz has no question that can be taken"))
        return QuizDraft(same(shown), list(questions))

    def _page(self, entry: _Item, resource: _Resource, place: LocalText) -> LessonDraft:
        data = self._read(resource.href)
        try:
            html = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Unusable(both(f"{resource.href} 不是 UTF-8", f"{resource.href} is not UTF-8")) from None
        named = _TITLE.search(html)
        title = " ".join((entry.title or parse_html(named.group(1)).text() if named else entry.title).split())
        folder = posixpath.dirname(resource.href)
        body = re.sub(r"<head\b.*?</head\s*>", "", html, count=1, flags=re.IGNORECASE | re.DOTALL)
        markdown = html_blocks(
            body, lambda message: self.findings.note(place, message), lambda src: self._figure(src, folder)
        )
        if not markdown.strip():
            raise Unusable(both("页面是空的", "the page is empty"))
        title = title or posixpath.basename(resource.href).rpartition(".")[0]
        summary = f"Imported page: {title}"
        return LessonDraft(same(title), markdown, summary)

    def _figure(self, src: str, folder: str) -> str:
        """The path in the pack of a page's image. Raises `Unusable`."""
        if match := _DATA.match(src):
            try:
                data = base64.b64decode(match.group(2), validate=False)
            except binascii.Error:
                raise Unusable(both("内嵌的图片已损坏", "is damaged")) from None
            return self._keep(src, data, f"image.{match.group(1)}")
        if re.match(r"[a-z][a-z0-9+.-]*:|//", src, re.IGNORECASE) and not _FILEBASE.match(src):
            raise Unusable(both("图片在别处，没有随包提供", "it lies elsewhere, not in the cartridge"))
        path = unquote(src.split("?")[0].split("#")[0])
        based = _FILEBASE.sub("", path)
        for candidate in (
            posixpath.normpath(posixpath.join(folder, path)),
            posixpath.normpath(based),
            posixpath.normpath(f"web_resources/{based}"),
        ):
            if candidate in self.names:
                return self._keep(candidate, self._read(candidate), posixpath.basename(candidate))
        raise Unusable(both("包里没有这个文件", "there is no such file in the cartridge"))

    def _keep(self, key: str, data: bytes, name: str) -> str:
        if key in self.figure_of:
            return self.figure_of[key]
        stem, _, suffix = name.rpartition(".")
        suffix = {"jpeg": "jpg"}.get(suffix.lower(), suffix.lower())
        if f".{suffix}" not in SUFFIXES:
            raise Unusable(
                both(f"图的格式只能是 {', '.join(SUFFIXES)}", f"a figure must be one of {', '.join(SUFFIXES)}")
            )
        if len(data) > MAX_FIGURE_BYTES:
            raise Unusable(both("图太大", f"is larger than {MAX_FIGURE_BYTES} bytes"))
        taken = {posixpath.basename(path).rpartition(".")[0] for path in self.figures}
        path = f"figures/{slug_from(stem, f'figure-{len(self.figures) + 1}', taken)}.{suffix}"
        report = Report(Path())
        check_figure(report, path, data)
        if report.problems:
            reason = report.problems[0].message
            raise Unusable(both(f"图不能用（{reason}）", reason))
        self.figures[path] = data
        self.figure_of[key] = path
        return path

    def _read(self, name: str) -> bytes:
        return read_member(self.archive, unquote(name) if name not in self.names else name)

    def _tell_rest(self) -> None:
        """Resources that stand in no folder and are no pages: links, discussions, files that no page shows."""
        shown = set(self.figure_of)
        for identifier, resource in self.resources.items():
            files = [name for name in [resource.href, *resource.files] if name]
            if identifier in self.used or not files or shown & {*files}:
                continue
            kind = next((name for mark, name in _FOREIGN if mark in resource.kind), both("文件", "a file"))
            place = same(files[0])
            self.findings.note(place, both(f"没有导入：{kind.zh}", f"not imported: {kind.en} that stands in no folder"))


def _is_page(href: str) -> bool:
    return href.lower().endswith((".html", ".htm", ".xhtml"))


def _resource(element: Element) -> _Resource:
    files = [entry.get("href", "") for entry in children(element, "file")]
    base = element.get("{http://www.w3.org/XML/1998/namespace}base", "")
    href = posixpath.normpath(posixpath.join(base, unquote(element.get("href", "")))) if element.get("href") else ""
    kind = element.get("type", "")
    if not href and kind == "webcontent" and len(files) == 1:
        href = files[0]
    return _Resource(kind, href, [unquote(posixpath.join(base, file)) for file in files])


def _items(element: Element | None) -> list[_Item]:
    return [
        _Item(text_of(child(entry, "title")), entry.get("identifierref", ""), _items(entry))
        for entry in children(element, "item")
    ]
