"""Ranking rules are pure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shixun_contests.formats.ranking import Cell, ranks, total

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
cells = st.lists(
    st.builds(
        Cell,
        st.floats(0, 1000).map(lambda x: round(x, 3)),
        st.integers(0, 10**7).map(lambda s: START + timedelta(seconds=s)),
    ),
    max_size=6,
)


def test_more_points_rank_first_then_the_earlier_last_answer() -> None:
    early = [Cell(100, START + timedelta(minutes=5)), Cell(50, START + timedelta(minutes=10))]
    late = [Cell(100, START + timedelta(minutes=1)), Cell(50, START + timedelta(minutes=11))]
    more = [Cell(150.5, START + timedelta(minutes=59))]
    keys = {name: total(found, START).key for name, found in (("early", early), ("late", late), ("more", more))}
    assert sorted(keys, key=lambda name: keys[name], reverse=True) == ["more", "early", "late"]


def test_an_answer_worth_nothing_costs_nothing() -> None:
    solved = [Cell(100, START + timedelta(minutes=5))]
    assert total([*solved, Cell(0, START + timedelta(minutes=50))], START) == total(solved, START)


@given(cells, cells)
def test_keys_order_as_points_and_times_do(first: list[Cell], second: list[Cell]) -> None:
    one, other = total(first, START), total(second, START)
    if round(one.points * 1000) > round(other.points * 1000):
        assert one.key > other.key
    assert total(list(reversed(first)), START).key == one.key


def test_equal_keys_share_a_rank() -> None:
    assert ranks(["c", "b", "b", "a"]) == [1, 2, 2, 4]
    assert ranks([]) == []
