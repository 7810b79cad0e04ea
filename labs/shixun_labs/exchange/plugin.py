"""nbgrader's exchange classes for its command line in the lab (`nbgrader list`, `fetch_assignment`, `submit`, `fetch_feedback`).

JupyterLab's assignment list has the same through extension.py, without importing nbgrader.
"""

from pathlib import Path
from typing import Any, NoReturn

from nbgrader.exchange import abc

from shixun_labs.exchange.assignments import Assignments
from shixun_labs.exchange.client import ExchangeFailure, Listener


class Exchange(abc.Exchange):  # type: ignore[misc]  # untyped base
    """What all of them share: the assignments below `assignment_dir`, and ExchangeError for everything that goes wrong."""

    def init_src(self) -> None:
        self.assignments = Assignments(Path(self.assignment_dir).resolve(), Listener.from_environment())
        self.assignment = str(self.coursedir.assignment_id) if self.coursedir else ""

    def init_dest(self) -> None:
        """The folder of an assignment is made when its files are there."""

    def fail_with(self, failure: ExchangeFailure) -> NoReturn:
        self.fail(str(failure))
        raise abc.ExchangeError(str(failure)) from failure


class ExchangeFetchAssignment(abc.ExchangeFetchAssignment, Exchange):  # type: ignore[misc]
    def copy_files(self) -> None:
        try:
            self.assignments.fetch(self.assignment, replace_missing=self.replace_missing_files)
        except ExchangeFailure as failure:
            self.fail_with(failure)


class ExchangeFetchFeedback(abc.ExchangeFetchFeedback, Exchange):  # type: ignore[misc]
    def copy_files(self) -> None:
        try:
            self.assignments.fetch_feedback(self.assignment)
        except ExchangeFailure as failure:
            self.fail_with(failure)


class ExchangeSubmit(abc.ExchangeSubmit, Exchange):  # type: ignore[misc]
    def copy_files(self) -> None:
        try:
            required = None
            if self.strict:
                rows = [row for row in self.assignments.released() if row.get("assignment_id") == self.assignment]
                required = rows[0].get("notebooks") if rows else None
            receipt = self.assignments.submit(self.assignment, required=required)
        except ExchangeFailure as failure:
            self.fail_with(failure)
        self.log.info("Submitted: %s, received %s", receipt.get("id"), receipt.get("submitted_at"))


class ExchangeList(abc.ExchangeList, Exchange):  # type: ignore[misc]
    def copy_files(self) -> None:
        """Listing copies nothing."""

    def list_files(self) -> list[dict[str, Any]]:
        try:
            rows = self.assignments.listing()
        except ExchangeFailure as failure:
            self.fail_with(failure)
        submitted = self.inbound or self.cached
        wanted = [row for row in rows if (row["status"] == "submitted") == submitted]
        for row in wanted:
            self.log.info("%s %s %s", row["course_id"], row["assignment_id"], row["status"])
        return wanted

    def remove_files(self) -> list[dict[str, Any]]:
        self.fail("Assignments are withdrawn on the platform.")
        return []


class NotHere(Exchange):
    """Release and collection are the platform's."""

    def copy_files(self) -> None:
        self.fail("Assignments are released and collected on the platform.")


class ExchangeReleaseAssignment(abc.ExchangeReleaseAssignment, NotHere):  # type: ignore[misc]
    """Refuses: see NotHere."""


class ExchangeReleaseFeedback(abc.ExchangeReleaseFeedback, NotHere):  # type: ignore[misc]
    """Refuses: see NotHere."""


class ExchangeCollect(abc.ExchangeCollect, NotHere):  # type: ignore[misc]
    """Refuses: see NotHere."""
