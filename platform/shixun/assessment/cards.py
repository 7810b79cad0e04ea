"""What assessment shows on pages of features below it."""

from shixun.assessment import queries
from shixun.core.permissions import Actor, Permission
from shixun.curriculum.panels import Panel
from shixun.enrolment.models import Run


def run_panel(actor: Actor, run: Run) -> Panel | None:
    """On the instructors' page of a run: the way to the gradebook, and what waits to be graded by hand."""
    if not actor.may(Permission.GRADEBOOK_READ):
        return None
    waiting = len(queries.waiting_for_instructor(run.center_id, run.id)) if actor.may(Permission.GRADE) else 0
    return Panel("assessment/_run_panel.html", {"run": run, "waiting": waiting})
