"""The demo center's sign-ins, one per role: printed by `make run` and offered on the sign-in page of a demo."""

from shixun.core.permissions import Role

CENTER = "demo"
PASSWORD = "shixun-demo-2026"  # noqa: S105 - printed on the sign-in page of a demo
SIGN_INS: list[tuple[str, str, set[Role]]] = [
    ("xueyuan", "林晓", {Role.TRAINEE}),
    ("jiaoshi", "陈老师", {Role.INSTRUCTOR}),
    ("saishi", "赛事组", {Role.ORGANIZER}),
    ("zhuren", "吴主任", {Role.CENTER_MANAGER}),
]
ADMINISTRATOR = ("guanli", "平台管理员")
