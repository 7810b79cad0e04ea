"""Criteria as data, and cells that a spreadsheet must not run."""

import io

import pytest

from shixun.centers import criteria
from shixun.centers.tables import safe, write_csv
from shixun.volume.queries import EMPTY


def test_the_set_of_2022_for_a_talent_center() -> None:
    found = criteria.load("2022")
    rows = found.rows("functional", "talent")
    assert [row.id for row in rows] == ["FUN-CMN-01", *(f"FUN-TAL-0{n}" for n in range(1, 7))]
    assert [row.id for row in found.rows("functional", "technology")] == ["FUN-CMN-01"]
    lines = {part.figure: (part.provincial, part.national) for row in rows for part in row.measure}
    assert lines == {"places": (50, 100), "person_times": (10000, 20000), "contests": (1, 1), "teams": (1000, 2000)}
    assert set(lines) <= set(EMPTY)


def test_thresholds_stand_in_the_text_of_their_row() -> None:
    for row in criteria.load().row:
        for part in row.measure:
            assert str(part.national) in row.national.zh
            assert str(part.provincial) in row.provincial.zh
            assert f"{part.national:,}" in row.national.en
            assert f"{part.provincial:,}" in row.provincial.en


def test_hours_are_no_criterion() -> None:
    assert criteria.load().measure("class_hours") is None
    assert criteria.load().measure("measured_minutes") is None
    with pytest.raises(ValueError):
        criteria.load("1999")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠x"])
def test_formulas_are_text(text: str) -> None:
    assert safe(text) == "'" + text


def test_other_cells_stay_as_they_are() -> None:
    assert [safe(x) for x in ("王芳", "a=b", "", None, 5, -2, 1.5)] == ["王芳", "a=b", "", "", "5", "-2", "1.5"]
    file = io.BytesIO()
    write_csv(file, ["甲", "b"], [["=x", 1], ['say "hi",\nyou', None]])
    assert file.getvalue().decode("utf-8-sig") == '甲,b\r\n\'=x,1\r\n"say ""hi"",\nyou",\r\n'
