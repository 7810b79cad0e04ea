"""Authoring: instructors write courses, questions and simple labs in the browser, and publish them as pack versions."""

from shixun.accounts.audit_labels import LABELS
from shixun.authoring import (
    file_views,
    import_views,
    lab_part_views,
    lab_views,
    lesson_views,
    outline_views,
    publish_views,
    question_views,
    views,
)
from shixun.authoring.labels import AUDIT
from shixun.core.i18n import _l
from shixun.core.module import Module, NavItem
from shixun.core.permissions import Permission

LABELS.update(AUDIT)

MODULE = Module(
    name="shixun.authoring",
    web=[
        views.bp,
        outline_views.bp,
        lesson_views.bp,
        file_views.bp,
        question_views.bp,
        import_views.bp,
        publish_views.bp,
        lab_views.bp,
        lab_part_views.bp,
    ],
    navigation=[NavItem(_l("Authoring"), "authoring.index", Permission.COURSE_AUTHOR, "pencil", 25)],
    imports=["shixun.authoring.models"],
)
