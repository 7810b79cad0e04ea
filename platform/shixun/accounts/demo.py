"""The people of the demo center, as `shixun demo` makes them and the sign-in page offers them."""

from dataclasses import dataclass

from flask_babel import LazyString

from shixun.accounts.roles import ROLE_NAMES
from shixun.core.permissions import Role

CENTER = "demo"
PASSWORD = "shixun-demo-2026"  # noqa: S105 - printed on the sign-in page of every demo


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
    DemoSignIn("xueyuan", "陈学远", Role.TRAINEE),
    DemoSignIn("jiaoshi", "林教实", Role.INSTRUCTOR),
    DemoSignIn("saishi", "黄赛适", Role.ORGANIZER),
    DemoSignIn("zhuren", "吴主任", Role.CENTER_MANAGER),
    DemoSignIn("guanli", "平台管理", Role.PLATFORM_ADMINISTRATOR),
]
