"""Sign-in names that look the same are the same, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun.accounts.names import clean_name, normalise_username
from shixun.core.errors import Invalid


@pytest.mark.parametrize(
    "raw",
    [
        "wang.fang",
        "WANG.FANG",
        " wang.fang ",
        "ｗａｎｇ．ｆａｎｇ",
        "Wang.Fang\u3000",
        "\u2008wang.fang",
        "𝐰𝐚𝐧𝐠.𝐟𝐚𝐧𝐠",
        "wan\u1d4d.fang",
    ],
)
def test_every_way_to_write_a_name_is_one_account(raw: str) -> None:
    assert normalise_username(raw) == "wang.fang"


@pytest.mark.parametrize("raw", ["张伟", "2026001", "13800138000", "li_lei@x.cn", "王芳2", "a-b+c"])
def test_names_that_people_have(raw: str) -> None:
    assert normalise_username(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "wаng",  # Cyrillic а
        "ωang",
        "wang\u200b",  # zero width space
        "wa\u200dng",
        "\ufeffwang",
        "wang\u202egnaf",  # turned around
        "wáng",
        "wa\u0301ng",
        "wang fang",
        "ı1",
        "=cmd",
        "+cmd",
        "-cmd",
        "@cmd",
        ".",
        "a",
        "a" * 65,
        "",
        "a\nb",
        "a\x00b",
        "<script>",
        "a/b",
        "☺☺",
        "한국",
    ],
)
def test_what_could_deceive_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise_username(raw)
    assert "username" in caught.value.fields


@given(st.text(max_size=70))
def test_normalising_is_stable(raw: str) -> None:
    try:
        once = normalise_username(raw)
    except Invalid:
        return
    assert normalise_username(once) == once
    assert normalise_username(once.upper()) == once
    assert once[0] not in "=+-@\t\r'"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("王芳", "王芳"),
        (" 王 芳 ", "王 芳"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("O'Brien <b>", "O'Brien <b>"),
        ("王\u3000芳", "王 芳"),
    ],
)
def test_a_persons_name_stays_what_it_is(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    "raw", ["", "  ", "a\nb", "a\tb", "王\u202e芳", "\u2066x", "a\u200bb", "x" * 81, "ﷺ" * 10, "a\u2028b", "\ud800"]
)
def test_names_that_hide_something_are_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        clean_name(raw)
