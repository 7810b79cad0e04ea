"""The arithmetic of counting: by example, then by property."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun.volume.book import Marks, numbers, ranges
from shixun.volume.calendar import MINUTE, Calendar, micros
from shixun.volume.counting import Evidence, Interval, Line, Run, count, pieces, stretches

HOUR = 60 * MINUTE
CAP = 8 * HOUR
ZONE = Calendar("Asia/Shanghai")
SHARE = Fraction("0.6")
T0 = micros(datetime(2026, 3, 2, 0, 0, tzinfo=UTC))  # 08:00 in Shanghai


def run(run_id: str = "a", hours: float = 10, meetings: int = 0, pass_share: str = "0.8") -> Run:
    return Run(run_id, int(hours * HOUR), 45 * MINUTE, Fraction(pass_share), meetings, 1)


def evidence(*intervals: tuple[float, float, str], enrolled: str = "ab", checkins: Any = None) -> Evidence:
    """Intervals in hours after T0."""
    return Evidence(
        [Interval(T0 + int(b * HOUR), T0 + int(e * HOUR), r, 10 + n) for n, (b, e, r) in enumerate(intervals)],
        dict.fromkeys(enrolled, 2),
        checkins or {},
    )


def counted(lines: list[Line]) -> dict[tuple[str, int], float]:
    return {(line.run_id, line.year): line.counted / HOUR for line in lines}


def of(found: Evidence, *runs: Run, cap: int = CAP, calendar: Calendar = ZONE) -> list[Line]:
    return count(found, {r.run_id: r for r in runs}, SHARE, cap, calendar)


def test_tabs_and_devices_count_once() -> None:
    lines = of(evidence((0, 2, "a"), (1, 3, "a"), (1.5, 1.75, "a")), run())
    assert counted(lines) == {("a", 2026): 3}


def test_runs_that_overlap_go_to_the_one_that_began_first() -> None:
    lines = of(evidence((0, 2, "b"), (1, 3, "a")), run("a"), run("b"))
    assert counted(lines) == {("a", 2026): 1, ("b", 2026): 2}
    inside = of(evidence((0, 4, "b"), (1, 3, "a")), run("a"), run("b"))
    assert counted(inside) == {("b", 2026): 4}


def test_person_time_at_sixty_per_cent_once_per_run() -> None:
    almost = of(evidence((0, 5.999, "a")), run(hours=10))
    assert sum(line.person_times for line in almost) == 0
    (line,) = of(evidence((0, 3, "a"), (3, 6, "a")), run(hours=10))
    assert line.person_times == 1
    assert line.credited_at == T0 + 6 * HOUR
    (more,) = of(evidence((0, 7.9, "a")), run(hours=10))
    assert (more.person_times, more.class_hours) == (1, 0)  # 7.9 of 10 hours: not yet the pass share of 80 %
    (passed,) = of(evidence((0, 8, "a")), run(hours=10))
    assert (passed.person_times, passed.class_hours) == (1, 1333)  # 600 / 45 class hours, whatever more was learned


def test_two_runs_are_two_person_times() -> None:
    lines = of(evidence((0, 1, "a"), (2, 3, "b")), run("a", 1), run("b", 1))
    assert [line.person_times for line in lines] == [1, 1]


def test_one_meeting_counts_on_check_in_and_only_on_it() -> None:
    seen = {"a": [(T0 + HOUR, 30), (T0, 31)]}
    (line,) = of(evidence(checkins=seen), run(meetings=1))
    assert (line.person_times, line.credited_at, line.counted) == (1, T0, 0)
    assert line.entries == (1, 2, 30, 31)
    assert [x.person_times for x in of(evidence((0, 8, "a")), run(meetings=1))] == [0]
    assert [x.person_times for x in of(evidence((0, 1, "a"), checkins=seen), run(meetings=2))] == [0]


def test_nothing_is_earned_without_enrolment_or_an_unknown_run() -> None:
    lines = of(evidence((0, 8, "a"), (24, 26, "x"), enrolled=""), run())
    assert counted(lines) == {("a", 2026): 8, ("x", 2026): 2}
    assert all(line.person_times == line.class_hours == 0 for line in lines)


def test_a_day_counts_up_to_the_cap_in_the_centers_zone() -> None:
    # 20:00 to 24:00 and 0:00 to 2:00 in Shanghai are two days; in UTC they would be one.
    lines = of(evidence((12, 18, "a")), run(), cap=3 * HOUR)
    assert counted(lines) == {("a", 2026): 5}
    assert counted(of(evidence((0, 2, "b"), (3, 8, "a")), run("a"), run("b"), cap=4 * HOUR)) == {
        ("a", 2026): 2,
        ("b", 2026): 2,
    }


def test_new_year_splits_in_the_centers_zone() -> None:
    midnight = micros(datetime(2025, 12, 31, 16, 0, tzinfo=UTC))  # 2026-01-01 00:00 in Shanghai
    found = Evidence([Interval(midnight - 2 * HOUR, midnight + 5 * HOUR, "a", 7)], {"a": 2}, {})
    lines = of(found, run(hours=10))
    assert counted(lines) == {("a", 2025): 2, ("a", 2026): 5}
    assert [(line.year, line.person_times) for line in lines] == [(2025, 0), (2026, 1)]
    assert lines[1].credited_at == midnight + 4 * HOUR
    utc = of(found, run(hours=10), calendar=Calendar("UTC"))
    assert counted(utc) == {("a", 2025): 7}


def test_the_day_of_a_clock_change_has_its_own_length() -> None:
    berlin = Calendar("Europe/Berlin")
    start = micros(datetime(2026, 3, 28, 23, 0, tzinfo=UTC))  # local midnight; the day has 23 hours
    found = Evidence([Interval(start, start + 46 * HOUR, "a", 7)], {"a": 2}, {})
    assert [end - begin for begin, end, _run, _year in pieces(found.intervals, 24 * HOUR, berlin)] == [
        23 * HOUR,
        23 * HOUR,
    ]


def test_the_demo_run_of_three_minutes() -> None:
    (line,) = of(evidence((0, 0.03, "a")), run(hours=0.05))
    assert line.person_times == 1
    assert line.credited_at == T0 + 108_000_000


# -- properties -----------------------------------------------------------------------------------------------------

spans = st.tuples(st.integers(0, 60 * 24 * 5), st.integers(1, 60 * 9), st.sampled_from("abc")).map(
    lambda s: (s[0] * MINUTE + T0, (s[0] + s[1]) * MINUTE + T0, s[2])
)
many = st.lists(spans, max_size=12).map(
    lambda found: [Interval(begin, end, r, 100 + n) for n, (begin, end, r) in enumerate(found)]
)
RUNS = {r.run_id: r for r in (run("a", 2), run("b", 5), run("c", 9))}


def result(intervals: list[Interval], cap: int = CAP) -> list[Line]:
    return count(Evidence(list(intervals), dict.fromkeys("abc", 2), {}), RUNS, SHARE, cap, ZONE)


def without_entries(lines: list[Line]) -> list[tuple[Any, ...]]:
    return [(x.run_id, x.year, x.counted, x.class_hours, x.person_times, x.credited_at) for x in lines]


def union(intervals: list[Interval]) -> int:
    covered = total = 0
    for begin, end, *_ in sorted(intervals):
        total += max(0, end - max(begin, covered))
        covered = max(covered, end)
    return total


@given(many)
def test_an_instant_counts_once(intervals: list[Interval]) -> None:
    total = sum(line.counted for line in result(intervals, cap=24 * HOUR))
    assert total == union(intervals)
    assert total <= sum(x.end - x.start for x in intervals)
    assert sum(line.counted for line in result(intervals)) <= total


@given(many, st.randoms())
def test_the_order_is_nothing(intervals: list[Interval], random: Any) -> None:
    shuffled = list(intervals)
    random.shuffle(shuffled)
    assert result(shuffled) == result(intervals)


@given(many, st.integers(0, 11))
def test_the_same_again_changes_nothing(intervals: list[Interval], which: int) -> None:
    if intervals:
        again = intervals[which % len(intervals)]
        assert without_entries(result([*intervals, again._replace(seq=999)])) == without_entries(result(intervals))


@given(many, st.integers(0, 11), st.floats(0.01, 0.99))
def test_splitting_changes_nothing(intervals: list[Interval], which: int, where: float) -> None:
    if intervals:
        whole = intervals.pop(which % len(intervals))
        middle = whole.start + int((whole.end - whole.start) * where)
        parts = [whole._replace(end=middle), whole._replace(start=middle, seq=999)]
        assert without_entries(result([*intervals, *parts])) == without_entries(result([*intervals, whole]))


@given(many, st.integers(0, 11))
def test_no_day_exceeds_its_cap_and_pieces_are_disjoint(intervals: list[Interval], cap: int) -> None:
    days: dict[Any, int] = {}
    last = 0
    for begin, end, _run, year in pieces(intervals, cap * HOUR, ZONE):
        assert last <= begin < end
        last = end
        day, day_end = ZONE.day(begin)
        assert end <= day_end
        assert day.year == year
        days[day] = days.get(day, 0) + end - begin
    assert all(used <= cap * HOUR for used in days.values())


@given(many)
def test_a_run_is_credited_at_most_once_and_only_if_it_reached_its_share(intervals: list[Interval]) -> None:
    lines = result(intervals)
    for run_id, planned in RUNS.items():
        own = [line for line in lines if line.run_id == run_id]
        total = sum(line.counted for line in own)
        assert sum(line.person_times for line in own) == int(total >= SHARE * planned.planned)
        assert sum(line.class_hours for line in own) in {0, planned.class_hours}


@given(many)
def test_stretches_of_a_run_do_not_touch(intervals: list[Interval]) -> None:
    found = stretches(intervals)
    for run_id in "abc":
        own = [part for part in found if part[2] == run_id]
        assert all(before[1] < after[0] for before, after in pairwise(own))
        mine = [x for x in intervals if x.run_id == run_id]
        assert sum(end - begin for begin, end, _ in own) == union(mine)


@given(st.lists(st.sets(st.integers(1, 500))))
def test_marks_are_the_union(found: list[set[int]]) -> None:
    marks = Marks()
    for part in found:
        marks.add(ranges(part))
    assert marks.text() == ranges(set().union(*found))


@given(st.sets(st.integers(1, 10_000)))
def test_ranges_and_back(found: set[int]) -> None:
    assert numbers(ranges(found)) == sorted(found)


@pytest.mark.parametrize(("found", "text"), [([], ""), ([3], "3"), ([1, 2, 3, 5, 7, 8], "1-3,5,7-8")])
def test_ranges_read_easily(found: list[int], text: str) -> None:
    assert ranges(found) == text
