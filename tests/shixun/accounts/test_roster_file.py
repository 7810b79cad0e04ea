"""A roster file, read: every problem at its line."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from shixun.accounts import roster
from shixun.accounts.roster import Row
from shixun.core.errors import Invalid
from shixun.core.permissions import Role


@pytest.fixture(autouse=True, scope="module")
def _texts() -> Iterator[None]:
    """Messages are translated within an application; any will do."""
    app = Flask("texts")
    Babel(app)
    with app.app_context():
        yield


WANG = Row(2, "wang.fang", "王芳", (Role.TRAINEE,))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_files_as_spreadsheets_write_them(encoding: str, end: str, comma: str) -> None:
    text = end.join([f"姓名{comma}登录名{comma}角色", f"王芳{comma}wang.fang{comma}学员", ""])
    assert roster.read(text.encode(encoding)) == ([WANG], [])


@pytest.mark.parametrize(
    "header", ["name,username", "Name, Sign-In Name ", "姓名,学号", "姓名,工号", "\ufeffNAME,USER_NAME", "姓名,账号,"]
)
def test_headers_in_both_languages(header: str) -> None:
    assert roster.read(f"{header}\n王芳,wang.fang".encode()) == ([WANG], [])


def test_columns_in_any_order_and_roles_in_any_spelling() -> None:
    text = "roles,username,name\nTrainee；讲师,wang.fang,王芳\n 中心管理员 、 organizer,li.lei,李雷\n,han.mei,韩梅\n"
    rows, problems = roster.read(text.encode())
    assert problems == []
    assert [row.roles for row in rows] == [
        (Role.TRAINEE, Role.INSTRUCTOR),
        (Role.ORGANIZER, Role.CENTER_MANAGER),
        (Role.TRAINEE,),
    ]


def test_the_template_of_each_language_reads_back() -> None:
    for header, example in zip(roster.TEMPLATE_HEADERS.values(), roster.TEMPLATE_EXAMPLE.values(), strict=True):
        rows, problems = roster.read((",".join(header) + "\n" + ",".join(example)).encode())
        assert len(rows) == 1
        assert problems == []


def test_every_problem_is_told_with_its_line() -> None:
    text = (
        "姓名,登录名,角色\n"
        "王芳,wang.fang,学员\n"
        "\n"
        '"李\n雷",li.lei,\n'  # begins in line 4, ends in line 5
        ",x,校长\n"
        "韩梅,WANG.FANG,\n"
        "赵一,zhao.yi,学员,多余\n"
    )
    rows, problems = roster.read(text.encode())
    assert [row.username for row in rows] == ["wang.fang"]
    assert [(one.line, one.field) for one in problems] == [
        (4, "name"),
        (6, "username"),
        (6, "name"),
        (6, "roles"),
        (7, "username"),
        (8, ""),
    ]
    assert "2" in str(problems[4].message)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        "姓名,登录名\n".encode(),
        "姓名,登录名\n,\n ,\n".encode(),
        b"who,what\nx,y\n",
        "姓名,姓名\n王芳,x1".encode(),
        b"PK\x03\x04" + b"\0" * 50,
        b"\xd0\xcf\x11\xe0 old excel",
        b"name,username\nx\0,y1\n",
        b"\xff\xfe\xff\xff\x80",
        b'name,username\n"x,y1\n',
        b"x" * (roster.MAX_BYTES + 1),
        b"name,username\n" + b"".join(b"x,user%d\n" % n for n in range(roster.MAX_ROWS + 1)),
        b"name,username\n" + b'"' + b"x" * 200_000 + b'",y1\n',
    ],
)
def test_what_is_no_roster_says_why(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        roster.read(data)
    assert str(caught.value.fields["file"])


def test_as_many_as_allowed() -> None:
    data = b"name,username\n" + b"".join(b"x,user%d\n" % n for n in range(roster.MAX_ROWS))
    rows, problems = roster.read(data)
    assert len(rows) == roster.MAX_ROWS
    assert problems == []


def test_unknown_columns_are_named() -> None:
    _rows, problems = roster.read("姓名,登录名,身份证号\n王芳,wang.fang,350…\n".encode())
    assert problems[0].line == 1
    assert "身份证号" in str(problems[0].message)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        rows, problems = roster.read(b"name,username,roles\n" + data)
    except Invalid:
        return
    assert rows or problems
    assert len({row.username for row in rows}) == len(rows)
