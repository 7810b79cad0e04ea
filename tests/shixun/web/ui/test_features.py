"""How features use the kit: macros, blocks, icons and classes that exist; nothing inline."""

import re
from pathlib import Path

import pytest

from shixun.web import gallery

WEB = Path(gallery.__file__).parent
ROOT = WEB.parents[2]
FOLDERS = [WEB.parent, ROOT / "competitions" / "shixun_contests"]
# Printed to PDF from a folder of its own, with its own style sheet: no page of the platform, and no header forbids it anything.
PRINTED = {"courseware.html"}
TEMPLATES = sorted(
    file
    for folder in FOLDERS
    for file in folder.glob("**/templates/**/*.html")
    if WEB not in file.parents and file.name not in PRINTED
)
KIT = (WEB / "templates" / "components.html").read_text(encoding="utf-8")
MACROS = {name.strip() for line in re.findall(r"{% set (.*?) = ", KIT) for name in line.split(",")}
ICONS = set((WEB / "assets" / "icons.txt").read_text(encoding="utf-8").split("\n")[1:])
SHEETS = "".join(sheet.read_text(encoding="utf-8") for sheet in (WEB / "assets" / "css").glob("*.css"))
STYLED = set(re.findall(r"\.([a-zA-Z][\w-]*)", SHEETS))


def blocks(layout: str) -> set[str]:
    """The blocks that a template of the frame offers, those of the layouts it extends included."""
    text = re.sub(r"{#.*?#}", "", (WEB / "templates" / layout).read_text(encoding="utf-8"), flags=re.DOTALL)
    parent = re.search(r'{% extends "([^"]+)" %}', text)
    return set(re.findall(r"{%-? block (\w+)", text)) | (blocks(parent.group(1)) if parent else set())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_feature_template(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert set(re.findall(r"\bui\.(\w+)", text)) <= MACROS
    layout = re.search(r'{% extends "(\w+\.html)" %}', text)
    if layout:
        own = re.findall(r"{%-? block (\w+)", text)
        assert [name for name in own if name not in blocks(layout.group(1))] == [], (
            "a block that the layout doesn't have is never shown"
        )
    assert re.findall(r'\sstyle="|<style|<script(?![^>]*\ssrc)|\son\w+="|hx-on', text) == []
    icons = re.findall(r'ui\.icon\("([\w-]+)"|icon_name="([\w-]+)"', text)
    assert {name for pair in icons for name in pair if name} <= ICONS
    classes = {name for value in re.findall(r'\sclass="([^"{]*)"', text) for name in value.split()}
    assert classes - STYLED == set()


def test_icons_of_the_navigation() -> None:
    for module in (file for folder in FOLDERS for file in folder.glob("**/module.py")):
        assert set(re.findall(r'icon="([\w-]+)"', module.read_text(encoding="utf-8"))) <= ICONS, module
