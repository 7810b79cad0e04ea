"""The people of the demo center: made by `shixun demo`, printed by `make run`, offered on the sign-in page of a demo."""

from dataclasses import dataclass

from flask_babel import LazyString

from shixun.accounts.roles import ROLE_NAMES
from shixun.core.permissions import Role

CENTER = "demo"
PASSWORD = "shixun-demo-2026"  # noqa: S105 - printed on the sign-in page of a demo


@dataclass(frozen=True)
class DemoSignIn:
    """One of them."""

    username: str
    name: str
    kind: Role
    password: str = PASSWORD

    @property
    def role(self) -> LazyString:
        return ROLE_NAMES[self.kind]


SIGN_INS = [
    DemoSignIn("xueyuan", "林晓", Role.TRAINEE),
    DemoSignIn("jiaoshi", "陈老师", Role.INSTRUCTOR),
    DemoSignIn("saishi", "赛事组", Role.ORGANIZER),
    DemoSignIn("zhuren", "吴主任", Role.CENTER_MANAGER),
    DemoSignIn("guanli", "平台管理员", Role.PLATFORM_ADMINISTRATOR),
]
