"""Curriculum: courses, lessons, question banks and labs, read from packs into the database."""

from shixun.accounts.audit_labels import LABELS
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.curriculum.labels import AUDIT
from shixun.curriculum.views import bp

LABELS.update(AUDIT)

MODULE = Module(
    name="shixun.curriculum",
    web=[bp],
    navigation=[NavItem(_l("Courses"), "curriculum.catalogue", Permission.COURSE_READ, "library", 20)],
    imports=["shixun.curriculum.models"],
)
