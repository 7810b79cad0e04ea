"""A roster file: from bytes to checked rows, with every problem at its line. Pure: no database, no request."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from shixun.accounts.names import clean_name, normalise_username
from shixun.accounts.roles import ROLE_NAMES
from shixun.core.errors import Invalid
from shixun.core.i18n import _l
from shixun.core.permissions import Role

MAX_BYTES = 2**20
MAX_ROWS = 2000
TEMPLATE_HEADERS = {"zh": ["姓名", "登录名", "角色"], "en": ["name", "sign-in name", "roles"]}
TEMPLATE_EXAMPLE = {"zh": ["王芳", "wang.fang", "学员"], "en": ["Wang Fang", "wang.fang", "trainee"]}
_FIELDS = {
    "姓名": "name",
    "名字": "name",
    "name": "name",
    "full name": "name",
    "登录名": "username",
    "用户名": "username",
    "账号": "username",
    "帐号": "username",
    "学号": "username",
    "工号": "username",
    "username": "username",
    "user name": "username",
    "sign-in name": "username",
    "login": "username",
    "角色": "roles",
    "role": "roles",
    "roles": "roles",
}
FIELD_NAMES = {"name": _l("Name"), "username": _l("Sign-in name"), "roles": _l("Roles"), "": _l("Whole line")}
_ROLES = {
    "学员": Role.TRAINEE,
    "学生": Role.TRAINEE,
    "trainee": Role.TRAINEE,
    "student": Role.TRAINEE,
    "教师": Role.INSTRUCTOR,
    "讲师": Role.INSTRUCTOR,
    "老师": Role.INSTRUCTOR,
    "instructor": Role.INSTRUCTOR,
    "teacher": Role.INSTRUCTOR,
    "赛事组织": Role.ORGANIZER,
    "赛事组织者": Role.ORGANIZER,
    "organizer": Role.ORGANIZER,
    "contest organizer": Role.ORGANIZER,
    "中心管理员": Role.CENTER_MANAGER,
    "center-manager": Role.CENTER_MANAGER,
    "center manager": Role.CENTER_MANAGER,
}
_SEPARATORS = str.maketrans(dict.fromkeys("；;、/|，", ","))


@dataclass(frozen=True)
class Row:
    """One person of the roster. `line` is where its record begins in the file, from 1."""

    line: int
    username: str
    name: str
    roles: tuple[Role, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "username": self.username,
            "name": self.name,
            "roles": [str(role) for role in self.roles],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Row":
        return cls(data["line"], data["username"], data["name"], tuple(Role(role) for role in data["roles"]))


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line. `field` is a key of `FIELD_NAMES`, empty for the line as a whole."""

    line: int
    field: str
    message: str | LazyString


def read(data: bytes) -> tuple[list[Row], list[Problem]]:
    """All rows that are right by themselves, and all problems. Raises `Invalid` (field `file`) if it is no roster at all."""
    records = _records(_text(data))
    if not records:
        raise _unusable(_l("The file is empty."))
    columns, problems = _columns(*records[0])
    people = [(line, cells) for line, cells in records[1:] if any(cell.strip() for cell in cells)]
    if not people:
        raise _unusable(_l("The file has a header and no people."))
    if len(people) > MAX_ROWS:
        raise _unusable(_l("The file has more than %(count)d people. Split it.", count=MAX_ROWS))
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for line, cells in people:
        row, found = _row(line, cells, columns)
        problems += found
        if row is None:
            continue
        if row.username in seen:
            message = _l("The same sign-in name stands in line %(line)d.", line=seen[row.username])
            problems.append(Problem(line, "username", message))
            continue
        seen[row.username] = line
        rows.append(row)
    return rows, problems


def _unusable(message: LazyString) -> Invalid:
    return Invalid(message, {"file": message})


def _text(data: bytes) -> str:
    """UTF-8 (with or without its mark) or GB18030, which is what spreadsheets of this country write."""
    if len(data) > MAX_BYTES:
        raise _unusable(_l("The file is larger than 1 MB. Split it."))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _unusable(_l("This is a spreadsheet file. Save it as CSV first, then choose the CSV file."))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unusable(_l("The text of this file can't be read. Save it as CSV UTF-8."))


def _records(text: str) -> list[tuple[int, list[str]]]:
    """The records with the line where each begins; a quoted cell may run over several lines."""
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)  # the comma where there is none of them
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            if cells:
                records.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _unusable(
            _l("From line %(line)d on, the quotation marks or line ends don't fit together.", line=begin)
        ) from error
    return records


def _columns(line: int, header: list[str]) -> tuple[dict[str, int], list[Problem]]:
    columns: dict[str, int] = {}
    problems: list[Problem] = []
    for at, cell in enumerate(header):
        field = _FIELDS.get(" ".join(cell.strip().casefold().replace("_", " ").split()))
        if field is None:
            if cell.strip():
                message = _l(
                    "The column “%(name)s” is not known. Remove it, or take the template.", name=cell.strip()[:40]
                )
                problems.append(Problem(line, "", message))
        elif field in columns:
            problems.append(Problem(line, field, _l("There are two columns of this kind.")))
        else:
            columns[field] = at
    if not {"name", "username"} <= set(columns):
        raise _unusable(
            _l("The first line must name the columns: 姓名 and 登录名, or name and sign-in name. Take the template.")
        )
    return columns, problems


def _row(line: int, cells: list[str], columns: dict[str, int]) -> tuple[Row | None, list[Problem]]:
    def cell(field: str) -> str:
        at = columns.get(field)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    problems: list[Problem] = []
    if any(extra.strip() for at, extra in enumerate(cells) if at > max(columns.values())):
        problems.append(Problem(line, "", _l("There are more cells than columns. Is there a comma too many?")))
    username = name = ""
    try:
        username = normalise_username(cell("username"))
    except Invalid as invalid:
        problems.append(Problem(line, "username", invalid.message))
    try:
        name = clean_name(cell("name"))
    except Invalid as invalid:
        problems.append(Problem(line, "name", invalid.message))
    roles, unknown = _read_roles(cell("roles"))
    if unknown:
        known = ", ".join(str(ROLE_NAMES[role]) for role in dict.fromkeys(_ROLES.values()))
        message = _l("“%(name)s” is no role. There are: %(roles)s.", name=unknown[:40], roles=known)
        problems.append(Problem(line, "roles", message))
    return (None if problems else Row(line, username, name, roles)), problems


def _read_roles(text: str) -> tuple[tuple[Role, ...], str]:
    """The roles of a cell, a trainee's where it is empty; and the first word that is none."""
    words = [word.strip().casefold() for word in text.translate(_SEPARATORS).split(",") if word.strip()]
    unknown = next((word for word in words if word not in _ROLES), "")
    roles = {_ROLES[word] for word in words if word in _ROLES} or {Role.TRAINEE}
    return tuple(sorted(roles, key=list(Role).index)), unknown
