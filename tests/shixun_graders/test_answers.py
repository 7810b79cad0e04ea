"""Numbers and missing values, as every pack's checks read them."""

import numpy as np
import pytest

from shixun_graders.check.answers import as_number, failure_hint
from shixun_graders.protocol import Answer, AnswerError


class Liar(float):
    """Says that it equals everything."""

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize(
    ("value", "number"),
    [(2, 2.0), (-0.5, -0.5), (np.float32(0.5), 0.5), (np.array(7), 7.0), (10**300, 1e300)],
)
def test_plain_numbers_are_read(value: object, number: float) -> None:
    assert as_number(value) == number


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "2",
        float("nan"),
        float("-inf"),
        10**400,
        Liar(2),
        [2],
        np.array([2]),
        np.bool_(True),
        np.array("2"),
        2j,
    ],
)
def test_what_is_no_number_is_none(value: object) -> None:
    assert as_number(value) is None


def test_every_way_to_have_no_value_has_its_hint() -> None:
    hints = {error: failure_hint(Answer(ok=False, error=error)) for error in AnswerError}
    assert hints == {
        AnswerError.MISSING: "missing",
        AnswerError.RAISED: "raised",
        AnswerError.TIMEOUT: "too-slow",
        AnswerError.NOT_DATA: "not-data",
        AnswerError.DIED: "died",
    }
