"""Curriculum: courses, lessons, question banks and labs, read from packs into the database."""

from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission
from shixun.curriculum.views import bp

MODULE = Module(
    name="shixun.curriculum",
    web=[bp],
    navigation=[NavItem(_l("Courses"), "curriculum.catalogue", Permission.COURSE_READ, "library", 20)],
    imports=["shixun.curriculum.models"],
)
