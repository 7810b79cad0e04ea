"""IMS Common Cartridge 1.3 out: lessons as pages, quizzes as QTI 1.2 assessments, figures as web content.

Elements, namespaces and their order after the profile's schemas (ccv1p3_imscp_v1p2, ccv1p3_qtiasiv1p2p1).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from shixun_packs.exchange.qti_write import WrittenQuestion, assessment

CP = "http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
QUIZ_KIND = "imsqti_xmlv1p2/imscc_xmlv1p3/assessment"
_SCHEMAS = (
    f"{CP} http://www.imsglobal.org/profile/cc/ccv1p3/ccv1p3_imscp_v1p2_v1p0.xsd "
    f"{LOM} http://www.imsglobal.org/profile/cc/ccv1p3/LOM/ccv1p3_lommanifest_v1p0.xsd"
)
_DATE = (1980, 1, 1, 0, 0, 0)  # the same course gives the same bytes


@dataclass(frozen=True)
class Page:
    """A lesson: `html` is what stands in the body; `figures` are paths that it shows as `../figures/…`."""

    slug: str
    title: str
    html: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class WrittenQuiz:
    """A quiz. `minutes` and `attempts` of 0 mean no limit."""

    slug: str
    title: str
    questions: Sequence[WrittenQuestion]
    minutes: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class WrittenUnit:
    """A unit with its pages and quizzes in order."""

    title: str
    items: Sequence[Page | WrittenQuiz]


def write_cartridge(
    slug: str, title: str, description: str, lang: str, units: Sequence[WrittenUnit], figures: dict[str, bytes]
) -> bytes:
    """The cartridge as a zip file; `lang` is the language of its texts."""
    root = Element(f"{{{CP}}}manifest", {"identifier": f"shixun_{slug}", f"{{{XSI}}}schemaLocation": _SCHEMAS})
    _add_metadata(root, title, description, lang)
    organization = SubElement(
        SubElement(root, f"{{{CP}}}organizations"),
        f"{{{CP}}}organization",
        {"identifier": "organization", "structure": "rooted-hierarchy"},
    )
    top = SubElement(organization, f"{{{CP}}}item", {"identifier": "root"})
    resources = SubElement(root, f"{{{CP}}}resources")
    files: dict[str, bytes] = {}
    for number, unit in enumerate(units, start=1):
        folder = SubElement(top, f"{{{CP}}}item", {"identifier": f"unit_{number}"})
        SubElement(folder, f"{{{CP}}}title").text = unit.title
        for item in unit.items:
            entry = SubElement(
                folder, f"{{{CP}}}item", {"identifier": f"item_{item.slug}", "identifierref": f"resource_{item.slug}"}
            )
            SubElement(entry, f"{{{CP}}}title").text = item.title
            path = f"lessons/{item.slug}.html" if isinstance(item, Page) else f"quizzes/{item.slug}.xml"
            files[path] = _page(item, lang) if isinstance(item, Page) else _quiz(item)
            _add_resource(resources, item, path)
    for path in sorted(figures):
        identifier = f"figure_{hashlib.sha256(path.encode()).hexdigest()[:12]}"
        _resource(resources, identifier, "webcontent", path, path)
        files[path] = figures[path]
    indent(root)
    return _zipped({"imsmanifest.xml": _xml(root), **files})


def _add_metadata(root: Element, title: str, description: str, lang: str) -> None:
    metadata = SubElement(root, f"{{{CP}}}metadata")
    SubElement(metadata, f"{{{CP}}}schema").text = "IMS Common Cartridge"
    SubElement(metadata, f"{{{CP}}}schemaversion").text = "1.3.0"
    general = SubElement(SubElement(metadata, f"{{{LOM}}}lom"), f"{{{LOM}}}general")
    for name, text in (("title", title), ("description", description)):
        SubElement(SubElement(general, f"{{{LOM}}}{name}"), f"{{{LOM}}}string", {"language": lang}).text = text


def _add_resource(resources: Element, item: Page | WrittenQuiz, path: str) -> None:
    if isinstance(item, Page):
        entry = _resource(resources, f"resource_{item.slug}", "webcontent", path, path)
        for figure in dict.fromkeys(item.figures):
            identifier = f"figure_{hashlib.sha256(figure.encode()).hexdigest()[:12]}"
            SubElement(entry, f"{{{CP}}}dependency", {"identifierref": identifier})
    else:
        _resource(resources, f"resource_{item.slug}", QUIZ_KIND, None, path)


def _resource(resources: Element, identifier: str, kind: str, href: str | None, file: str) -> Element:
    attributes = {"identifier": identifier, "type": kind} | ({"href": href} if href else {})
    entry = SubElement(resources, f"{{{CP}}}resource", attributes)
    SubElement(entry, f"{{{CP}}}file", {"href": file})
    return entry


def _page(page: Page, lang: str) -> bytes:
    html = Element("html", {"lang": "zh-CN" if lang == "zh" else "en"})
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "title").text = page.title
    opened = tostring(html, encoding="unicode", method="html").removesuffix("</html>")
    return f"<!DOCTYPE html>\n{opened}<body>\n{page.html}\n</body></html>\n".encode()


def _quiz(quiz: WrittenQuiz) -> bytes:
    return _xml(assessment(quiz.slug, quiz.title, quiz.questions, quiz.minutes, quiz.attempts))


def _xml(root: Element) -> bytes:
    """A document whose own namespace needs no prefix: some readers look for plain names."""
    for prefix, space in (("", root.tag[1:].partition("}")[0]), ("lomm", LOM), ("xsi", XSI)):
        register_namespace(prefix, space)
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return out.getvalue()
