"""XML of other systems: read without document types, entities or namespaces to stumble over."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from shixun_packs.exchange.findings import Unusable, both

MOST_BYTES = 32 * 2**20
MOST_DEPTH = 60


def parse_xml(data: bytes, name: str = "") -> Element:
    """The root of a document. Raises `Unusable` for one that is broken, too large or deep, or declares a document type."""
    where = f"{name}: " if name else ""
    if len(data) > MOST_BYTES:
        raise Unusable(both(f"{where}XML 文件太大", f"{where}the XML is too large"))
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise Unusable(both(f"{where}XML 含有文档类型声明", f"{where}the XML declares a document type")) from None
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (None,))[0]
        near = (f"（第 {line} 行附近）", f", near line {line}") if line else ("", "")
        raise Unusable(both(f"{where}不是正确的 XML{near[0]}", f"{where}is not valid XML{near[1]}")) from None
    if _too_deep(root):
        raise Unusable(both(f"{where}XML 嵌套太深", f"{where}the XML is nested too deeply"))
    return root


def _too_deep(root: Element) -> bool:
    level = [root]
    for _depth in range(MOST_DEPTH):
        level = [child for parent in level for child in parent]
        if not level:
            return False
    return True


def tag(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element | None, *names: str) -> list[Element]:
    """Child elements of these names."""
    return [child for child in (element if element is not None else ()) if tag(child) in names]


def child(element: Element | None, *path: str) -> Element | None:
    """The first element along a path of names, or None."""
    for name in path:
        element = next(iter(children(element, name)), None)
        if element is None:
            return None
    return element


def below(element: Element, *names: str) -> Iterator[Element]:
    """All elements of these names anywhere below."""
    return (found for found in element.iter() if found is not element and tag(found) in names)


def text_of(element: Element | None) -> str:
    """All text in an element."""
    return "".join(element.itertext()).strip() if element is not None else ""
