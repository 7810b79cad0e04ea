from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shixun_packs.problems import PackError, Problem
from shixun_packs.text import LocalList, LocalText, PackModel
from shixun_packs.toml import decode_text, parse_toml, read_toml, validate

DOCUMENT = """\
# a comment
top = 1
[table]
plain = "x"
inline = {zh = "a", en = "b"}
dotted.deep.key = 3
"quoted key" = [1, # comment
  {inner = 1},
  3]
[[list]]
name = "first"
[[list.sub]]
k = 1
[[list.sub]]
k = 2
[list.meta]
r = 1
[[list]]
name = "second"
[[list.sub]]
k = 3
[table.later]
z = '''
two lines'''
"""


@pytest.mark.parametrize(
    ("keypath", "line"),
    [
        (("top",), 2),
        (("table",), 3),
        (("table", "plain"), 4),
        (("table", "inline", "en"), 5),
        (("table", "dotted", "deep", "key"), 6),
        (("table", "dotted"), 6),
        (("table", "quoted key"), 7),
        (("table", "quoted key", 1, "inner"), 8),
        (("table", "quoted key", 2), 9),
        (("list",), 10),
        (("list", 0, "name"), 11),
        (("list", 0, "sub", 1, "k"), 15),
        (("list", 0, "meta", "r"), 17),
        (("list", 1), 18),
        (("list", 1, "sub", 0, "k"), 21),
        (("table", "later", "z"), 23),
        (("list", 1, "sub", 0, "missing"), 20),
        (("nowhere", "at", "all"), 1),
    ],
)
def test_every_key_has_its_line(keypath: tuple[str | int, ...], line: int) -> None:
    assert parse_toml(DOCUMENT, "x.toml").line(*keypath) == line


def test_lines_count_from_where_the_text_stands() -> None:
    document = parse_toml("a = 1\nb = 2\n", "lesson.md", first_line=2)
    assert document.line("b") == 3
    with pytest.raises(PackError, match=r"^lesson.md:4: not valid TOML"):
        parse_toml("a = 1\nb = 2\nc = \n", "lesson.md", first_line=2)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\nb = [1,\nc = 2\n", "x.toml:3: not valid TOML"),
        ("a = 1\na = 2\n", "x.toml:2: not valid TOML: Cannot overwrite a value"),
        ('a = "open\n', "x.toml:1: not valid TOML"),
        ('a = """open\n\n', "x.toml:1: not valid TOML"),
        ("[a]\n[a]\n", "x.toml:2: not valid TOML"),
        ("a = " + "9" * 5000, "x.toml:1: not valid TOML: Exceeds the limit"),
        ("a = " + "[" * 5000, "x.toml:1: not valid TOML"),
    ],
)
def test_syntax_errors_name_their_line(text: str, problem: str) -> None:
    with pytest.raises(PackError) as caught:
        parse_toml(text, "x.toml")
    assert str(caught.value).startswith(problem)


def test_files_are_utf8_with_or_without_mark_and_any_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = '\xe5\xad\xa6'\r\n")
    document = read_toml(path)
    assert document.data == {"a": 1, "b": "学"}
    assert document.line("b") == 2
    path.write_bytes("a = 1\nb = '工业'\n".encode("gbk"))
    with pytest.raises(PackError, match=r"a.toml:2: is not UTF-8"):
        read_toml(path)
    with pytest.raises(PackError, match="there is no such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(PackError, match="can't be read"):
        read_toml(tmp_path)


class Inner(PackModel):
    name: LocalText
    count: int


class Outer(PackModel):
    inner: list[Inner]
    share: float


def test_validation_reports_everything_at_its_line() -> None:
    text = """\
share = "much"
[[inner]]
name = {zh = "a", en = " "}
count = 1
[[inner]]
name = {zh = "a"}
count = true
extra = 1
"""
    with pytest.raises(PackError) as caught:
        validate(Outer, parse_toml(text, "x.toml"))
    assert [(problem.line, problem.message.split(":")[0]) for problem in caught.value.problems] == [
        (1, "share"),
        (3, "inner[1].name.en"),
        (6, "inner[2].name.en"),
        (7, "inner[2].count"),
        (8, "inner[2].extra"),
    ]


def test_numbers_are_not_guessed_from_text_and_never_infinite() -> None:
    with pytest.raises(ValidationError):
        Outer.model_validate({"inner": [], "share": "1.0"})
    with pytest.raises(PackError, match=r"x.toml:1: share"):
        validate(Outer, parse_toml("share = nan\ninner = []\n", "x.toml"))
    assert validate(Outer, parse_toml("share = 1\ninner = []\n", "x.toml")).share == 1.0


def test_texts_are_picked_by_language_tag() -> None:
    text = LocalText(zh="学时", en="hours")
    assert [text.get(tag) for tag in ("zh", "zh-CN", "zh_Hans_CN", "en", "en_GB", "de")] == ["学时"] * 3 + ["hours"] * 3
    assert LocalList(zh=["一"], en=["one"]).get("zh") == ["一"]
    with pytest.raises(ValidationError, match="1 entries in zh and 2 in en"):
        LocalList(zh=["一"], en=["one", "two"])


def test_problems_are_sorted_and_said_once() -> None:
    error = PackError([Problem("b", 2, "x"), Problem("a", None, "y"), Problem("b", 2, "x"), Problem("b", 1, "z")])
    assert str(error) == "a: y\nb:1: z\nb:2: x"


def first_line_of_problem(action: Callable[[], object]) -> int | None:
    try:
        action()
    except PackError as error:
        return error.problems[0].line
    return 0


@given(st.binary(max_size=200))
def test_decoding_any_bytes_gives_text_or_a_problem_with_a_line(data: bytes) -> None:
    assert first_line_of_problem(lambda: decode_text("x", data)) is not None


@given(st.text(alphabet=st.sampled_from("ab=.[]{}\"'# \n1,"), max_size=40))
def test_any_text_parses_with_all_its_keys_placed_or_is_a_problem_with_a_line(text: str) -> None:
    line = first_line_of_problem(lambda: parse_toml(text, "x"))
    assert line is not None
    if line == 0:
        document = parse_toml(text, "x")
        assert all((key,) in document.lines for key in document.data)
