"""Catalogues follow the code: new messages come in empty, old ones go, translations stay."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from babel.support import Translations

from shixun.commands import messages

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Sign in"
msgstr "登录"

msgid "No code says this any more"
msgstr "没有代码再这样说"
"""


@pytest.fixture
def feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A feature of one file of code and one template, with a catalogue that is behind."""
    code = tmp_path / "feature"
    (code / "static").mkdir(parents=True)
    (code / "views.py").write_text('flash(_("Sign in"))\nngettext("%(num)d team", "%(num)d teams", n)\n')
    (code / "page.html").write_text("{{ _('Hand in') }}{% trans %}  Read on \n{% endtrans %}")
    (code / "static" / "built.html").write_text("{{ _('Never extracted') }}")
    po = tmp_path / "zh" / "LC_MESSAGES" / "feature.po"
    po.parent.mkdir(parents=True)
    po.write_text(PO, encoding="utf-8")
    monkeypatch.setattr(messages, "sources", lambda: {po: [code]})
    return po


def test_update_keeps_adds_and_drops(feature: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages.update()
    with feature.open("rb") as file:
        catalog = read_po(file, locale="zh")
    assert catalog.get("Sign in").string == "登录"
    assert catalog.get("Hand in").string == ""
    assert catalog.get("%(num)d team") is not None
    assert catalog.get("No code says this any more") is None
    assert catalog.get("Never extracted") is None
    assert "3 without a translation" in capsys.readouterr().out


def test_updating_twice_changes_nothing(feature: Path) -> None:
    messages.update()
    first = feature.read_bytes()
    messages.update()
    assert feature.read_bytes() == first


def test_missing_names_what_has_no_chinese_text(feature: Path) -> None:
    assert messages.missing() == {"feature.po": ["('%(num)d team', '%(num)d teams')", "Hand in", "Read on"]}


def test_compiled_catalogues_are_what_pages_read(feature: Path) -> None:
    messages.compile_all()
    with feature.with_suffix(".mo").open("rb") as file:
        assert Translations(file).gettext("Sign in") == "登录"


def test_every_feature_has_one_catalogue() -> None:
    names = [po.name for po in messages.sources()]
    assert len(names) == len(set(names))
    assert "accounts.po" in names
    assert "messages.po" in names
