import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun_packs.contest import Contest, FlagChallenge, challenge_text, expected_flag, load_contest, team_values
from shixun_packs.values import DecimalValue, IntegerValue, ModbusReply, Register, draw, faults

Edit = Callable[[Path, str, str], None]
Complaints = Callable[[Callable[[Path], object], Path], list[str]]


def flag_challenge(contest: Contest) -> FlagChallenge:
    challenge = contest.challenges[0]
    assert isinstance(challenge, FlagChallenge)
    return challenge


def test_a_contest_is_read_whole(contest: Path) -> None:
    loaded = load_contest(contest)
    assert (loaded.slug, loaded.info.team.max, loaded.info.format) == ("tiny-cup", 3, "sum")
    assert [challenge.kind for challenge in loaded.challenges] == ["flag", "notebook"]
    assert loaded.files == {"challenges/notes.txt": b"notes\n"}


def test_the_flag_can_be_read_from_the_frame_that_the_team_sees(contest: Path) -> None:
    challenge = flag_challenge(load_contest(contest))
    drawn = team_values(challenge, bytes(range(32)))
    text = challenge_text(challenge, drawn, "en")
    frame = bytes.fromhex(text.removeprefix("Frame "))
    transaction, protocol, length, unit, function, count = struct.unpack(">HHHBBB", frame[:9])
    assert (protocol, length, function, count) == (0, len(frame) - 6, 3, len(frame) - 9)
    assert unit == int(drawn["unit"])
    pressure = struct.unpack(">f", frame[11:13] + frame[9:11])[0]
    total = struct.unpack(">I", frame[13:17])[0]
    assert expected_flag(challenge, drawn) == f"flag{{{pressure:.2f}-{total}}}"
    assert challenge_text(challenge, drawn, "zh").startswith("报文 ")
    assert 0 <= transaction <= 0xFFFF


def test_teams_have_tasks_of_their_own_that_last(contest: Path) -> None:
    challenge = flag_challenge(load_contest(contest))
    flags = {expected_flag(challenge, team_values(challenge, number.to_bytes(32, "big"))) for number in range(200)}
    assert len(flags) == 200
    assert team_values(challenge, bytes(32)) == team_values(challenge, bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        team_values(challenge, b"short")


@given(st.binary(min_size=32, max_size=32))
def test_drawn_numbers_stay_in_range_and_survive_a_float32(seed: bytes) -> None:
    values = [
        IntegerValue(name="n", kind="integer", min=3, max=5),
        DecimalValue(name="d", kind="decimal", min=-9.99, max=9.99, decimals=3),
    ]
    drawn = draw(values, seed)
    assert 3 <= int(drawn["n"]) <= 5
    assert -9.99 <= float(drawn["d"]) <= 9.99
    (back,) = struct.unpack(">f", struct.pack(">f", float(drawn["d"])))
    assert f"{back:.3f}" == drawn["d"] or float(drawn["d"]) == 0


def test_both_word_orders_and_types_are_written_as_modbus_does() -> None:
    values = [
        IntegerValue(name="unit", kind="integer", min=7, max=8),
        IntegerValue(name="word", kind="integer", min=0x1234, max=0x1235),
        IntegerValue(name="long", kind="integer", min=0x12345678, max=0x12345679),
        ModbusReply(
            name="frame",
            kind="modbus-reply",
            unit="unit",
            function=4,
            data=[
                Register(value="word", dtype="uint16"),
                Register(value="long", dtype="uint32", word_order="little"),
                Register(value="long", dtype="uint32"),
            ],
        ),
    ]
    drawn = draw(values, bytes(32))
    low = f"{int(drawn['long']) & 0xFFFF:04X}"
    words = f"{int(drawn['word']):04X}{low}12341234{low}"
    assert drawn["frame"].replace(" ", "")[14:] == f"040A{words}"


def test_values_that_do_not_fit_are_named() -> None:
    values = [
        IntegerValue(name="n", kind="integer", min=0, max=70000),
        IntegerValue(name="n", kind="integer", min=0, max=1),
        ModbusReply(name="f", kind="modbus-reply", unit="n", function=3, data=[Register(value="f", dtype="uint16")]),
    ]
    assert faults(values) == [
        (1, "the value 'n' is there twice"),
        (2, "the unit 'n' must be an integer value from 1 to 247"),
        (2, "there is no number 'f'"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{{pressure}}-", "{{presure}}-", "there is no value 'presure'"),
        ("Frame {{frame}}", "Frame {{fram}}", "there is no value 'fram'"),
        ("Frame {{frame}}", "Frame {{total}}", "the text gives away 'total', which the flag asks for"),
        ('name = "total"', 'name = "pressure"', "the value 'pressure' is there twice"),
        ('unit = "unit"', 'unit = "total"', "the unit 'total' must be an integer value from 1 to 247"),
        ('dtype = "uint32"', 'dtype = "uint16"', "'total' may be too large for uint16"),
        ('dtype = "float32"', 'dtype = "uint32"', "'pressure' has decimals, so it must be a float32"),
        ("max = 9.5", "max = 12000.0", "has more than 6 digits: a float32 can't carry them"),
        ("max = 9.5", "max = 0.5", "min must be less than max"),
        ("max = 247", "max = 1", "min must be less than max"),
        ("max = 9000000", "max = 4294967296", "challenge[1].value[3].max"),
        ("challenges/notes.txt", "challenges/none.txt", "'challenges/none.txt': there is no such file in the pack"),
        ("challenges/notes.txt", "../notes.txt", "challenge[1].files[1]"),
        ('slug = "lab"', 'slug = "frame"', "'frame' is there twice"),
        ("min = 1, max = 3", "min = 4, max = 3", "min is more than max"),
        ('kind = "flag"', 'kind = "quiz"', "challenge[1].kind: Input tag 'quiz'"),
        ('lab = "tiny-lab"\n', "", "challenge[2].lab: is missing"),
        ("points = 50", "points = 0", "challenge[2].points"),
        ("minutes = 60", 'minutes = "60"', "contest.minutes"),
        ('slug = "tiny-cup"', 'slug = "big-cup"', "slug is 'big-cup', but the folder is 'tiny-cup'"),
        (
            'divisions = [{slug = "open"',
            'divisions = [{slug = "open", title = {zh = "甲", en = "A"}}, {slug = "open"',
            "'open' is there twice",
        ),
    ],
)
def test_bad_contests_name_file_and_line(
    old: str, new: str, problem: str, contest: Path, edit: Edit, complaints: Complaints
) -> None:
    text = (contest / "contest.toml").read_text()
    line = text[: text.index(old) + len(old.rstrip()) - 1].count("\n") + 1
    edit(contest / "contest.toml", old, new)
    found = complaints(load_contest, contest)
    assert any(problem in complaint for complaint in found), found
    places = [int(complaint.split(":")[1]) for complaint in found if problem in complaint]
    assert any(abs(place - line) <= 6 for place in places), found


def test_a_missing_file_is_one_problem(contest: Path, complaints: Complaints) -> None:
    (contest / "contest.toml").unlink()
    assert complaints(load_contest, contest) == ["contest.toml: there is no such file"]
