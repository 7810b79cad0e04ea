"""The figures of a center as its manager and its reviewer see them."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from shixun.accounts.models import Center
from shixun.core.audit import AuditEntry
from shixun.core.db import db
from shixun.ledger import export, keys, signatures
from shixun.ledger.models import LedgerEntry
from shixun.ledger.verifier import verify_export
from shixun.testing.evidence import Evidence


@pytest.fixture(autouse=True)
def _in_2026() -> Any:
    with time_machine.travel(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def manager(browser: Any, trained: dict[str, str]) -> Any:
    found = browser().sign_in("lin")
    found.post("/language/en")
    return found


def text(page: Any, status: int = 200) -> str:
    assert page.status_code == status, page.get_data(as_text=True)
    found: str = page.get_data(as_text=True)
    return found


def test_the_page_holds_figures_against_the_criteria(manager: Any) -> None:
    page = text(manager.get("/c/longyan/figures"))
    for line in ("Provincial 10,000", "National 20,000", "Provincial 1,000", "National 2,000", "Provincial 50"):
        assert line in page
    assert "no criterion counts hours" in page
    assert "once-per-run/1" in page
    assert page.count("Our reading") >= 2
    for row in ("FUN-CMN-01", *(f"FUN-TAL-0{n}" for n in range(1, 7))):
        assert row in page
    assert "CMP-17" not in page
    assert "As of ledger entry" in page


def test_the_page_in_chinese_has_the_documents_words(browser: Any, trained: dict[str, str]) -> None:
    page = text(browser().sign_in("lin").get("/c/longyan/figures", headers={"Accept-Language": "zh-CN"}))
    for words in (
        "上年度开展特定领域新技术培训实训20000人次以上",
        "上年度开展特定领域新技术培训实训10000人次以上",
        "《工业互联网数字化转型促进中心认定标准》（2022年）",
        "本平台的理解",
        "学时不折算人次",
    ):
        assert words in page
    for slip in ("新披术", "崟", "汇影", "S0人"):
        assert slip not in page


def test_every_figure_opens_to_its_records(manager: Any, trained: dict[str, str]) -> None:
    page = text(manager.get("/c/longyan/figures/2026/person_times"))
    assert "Person-times of training: 4 person-times" in page
    assert page.count("王芳") == 2  # the run and the talk
    assert page.count("李娜") == 1
    assert "王芳" in text(manager.get("/c/longyan/figures/2026/class_hours"))
    measured = text(manager.get("/c/longyan/figures/2026/measured_minutes"))
    assert "Measured learning time: 2 hours" in measured
    assert "team-one" in text(manager.get("/c/longyan/figures/2026/teams"))
    assert "Contest c1" in text(manager.get("/c/longyan/figures/2026/contests"))
    assert "thirty PCs in two rooms" in text(manager.get("/c/longyan/figures/2026/places"))


def test_a_record_shows_the_ledger_entries_it_rests_on(manager: Any, trained: dict[str, str]) -> None:
    page = text(manager.get(f"/c/longyan/figures/2026/runs/r1/{trained['wang.fang']}"))
    for words in ("Run opened", "Enrolled in a run", "Learning time · Lesson", "90 minutes", "王芳"):
        assert words in page
    entry = db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.kind == "time.interval")).first()
    assert entry is not None
    assert entry.seal is not None
    assert f"/c/longyan/ledger/entries/{entry.id}" in page
    assert entry.seal.hash in page


def test_years(manager: Any) -> None:
    assert "No records of 2025" in text(manager.get("/c/longyan/figures?year=2025"))
    assert 'aria-current="page">2026' in text(manager.get("/c/longyan/figures"))
    assert "No records of 2025" in text(manager.get("/c/longyan/figures/2025/person_times"))
    for address in ("figures?year=0", "figures?year=99999", "figures/1/person_times", "figures/2026/wages"):
        assert manager.get("/c/longyan/" + address).status_code == 404
    assert manager.get("/c/longyan/figures?year=abc").status_code == 200
    assert manager.get("/c/longyan/figures/2026/runs/r1/nobody").status_code == 404


def test_an_empty_center(browser: Any, center: Center) -> None:
    from shixun.core.permissions import Role
    from shixun.testing.factories import make_person

    make_person(center, "lin", Role.CENTER_MANAGER)
    db.session.commit()
    manager = browser().sign_in("lin")
    manager.post("/language/en")
    page = text(manager.get("/c/longyan/figures"))
    assert "No records of 2026" in page
    assert "Declare places" in page
    assert "FUN-TAL-03" in page
    for figure in ("person_times", "class_hours", "measured_minutes", "contests", "teams", "places"):
        assert manager.get(f"/c/longyan/figures/2026/{figure}").status_code == 200
    assert manager.get("/c/longyan/figures/2026/statement.json").status_code == 404
    assert manager.get("/c/longyan/figures/2026/records.csv").status_code == 200
    assert "No evidence yet" in text(manager.get("/c/longyan/ledger"))


def test_nothing_of_another_center_is_seen(manager: Any, browser: Any, neighbour: Center) -> None:
    addresses = [
        "figures",
        "figures/2026/person_times",
        "figures/2026/teams",
        "figures/2026/places",
        "figures/2026/contests",
        "figures/2026/records.csv",
        "figures/2026/statement.json",
        "ledger",
        "ledger/export.jsonl",
        "ledger/heads.json",
    ]
    for address in addresses:
        mine = text(manager.get("/c/longyan/" + address))
        for theirs in ("别家的班期", "run-of-xiamen", "team-of-xiamen", "77707", "77,707", neighbour.id):
            assert theirs not in mine, address
        assert manager.get("/c/xiamen/" + address).status_code == 404
    stranger = browser().sign_in("stranger")
    entry = db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.center_id != neighbour.id)).first()
    assert entry is not None
    assert stranger.get(f"/c/xiamen/ledger/entries/{entry.id}").status_code == 404
    assert stranger.get(f"/c/xiamen/figures/2026/runs/r1/{entry.subject_id or 'x'}").status_code == 404


@pytest.mark.parametrize("who", ["wang.fang", "teacher"])
def test_who_may_not_see_figures(browser: Any, trained: dict[str, str], who: str) -> None:
    person = browser().sign_in(who)
    for address in (
        "figures",
        "figures/places",
        "figures/2026/person_times",
        "figures/2026/records.csv",
        "figures/2026/names",
        "figures/2026/statement.json",
        "ledger",
        "ledger/export.jsonl",
        "ledger/heads.json",
    ):
        assert person.get("/c/longyan/" + address).status_code == 403, address
    assert "Figures of" not in text(person.get("/c/longyan/"))


def test_the_managers_first_page_has_the_figures(manager: Any) -> None:
    page = text(manager.get("/c/longyan/"))
    assert "Figures of 2026" in page
    assert "person-times" in page


def test_the_statement_is_verified_by_an_outsider(
    manager: Any, center: Center, trained: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    claim = json.loads(text(manager.get("/c/longyan/figures/2026/statement.json")))
    assert claim["figures"]["person_times"]["value"] == 4
    assert claim["rule"]["id"] == "once-per-run"
    assert {row["id"] for row in claim["criteria"]["rows"]} == {"FUN-TAL-01", "FUN-TAL-03", "FUN-TAL-06"}
    downloaded = tmp_path / "ledger.jsonl"
    downloaded.write_bytes(manager.get("/c/longyan/ledger/export.jsonl").get_data())
    heads = tmp_path / "kept.json"
    heads.write_bytes(manager.get("/c/longyan/ledger/heads.json").get_data())
    key = keys.load_public(Path(settings.var) / "heads" / "public-key.pem")
    report = verify_export(downloaded, statements=[claim], lists=signatures.read(heads), key=key)
    assert report.ok, report.findings
    assert report.key_pinned
    assert report.signed_length == report.length
    assert report.figures["2026"]["teams"] == 2
    claim["figures"]["teams"]["value"] = 2000
    assert not verify_export(downloaded, statements=[claim], lists=signatures.read(heads), key=key).ok


def rows_of(page: Any) -> list[list[str]]:
    assert page.status_code == 200
    assert page.get_data().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(page.get_data().decode("utf-8-sig"))))


def test_the_csv_has_no_names(manager: Any, trained: dict[str, str]) -> None:
    head, *rows = rows_of(manager.get("/c/longyan/figures/2026/records.csv"))
    assert head[0] == "Trainee"
    assert "Name" not in head
    assert len(rows) == 5
    found = {(row[0], row[1]): row for row in rows}
    assert found[(trained["wang.fang"], "r1")][2:8] == ["工业网络与协议", "工业网络与协议", "2026", "90", "2.0", "1"]
    assert found[(trained["li.na"], "r1")][5:8] == ["30", "0.0", "0"]


def test_names_need_a_purpose_and_leave_a_trace(manager: Any, trained: dict[str, str]) -> None:
    assert manager.post("/c/longyan/figures/2026/names", {"purpose": ""}).status_code == 422
    assert db.session.query(AuditEntry).filter_by(action="centers.figures.names-exported").count() == 0
    answer = manager.post("/c/longyan/figures/2026/names", {"purpose": "pre-review by the province"})
    head, *rows = rows_of(answer)
    assert head[1] == "Name"
    names = {row[1] for row in rows}
    assert "王芳" in names
    assert "'=HYPERLINK(1)" in names  # a name that a spreadsheet would have run
    trace = db.session.query(AuditEntry).filter_by(action="centers.figures.names-exported").one()
    assert trace.details == {"purpose": "pre-review by the province"}


def test_practice_mode_keeps_no_declaration(manager: Any, center: Center, app: Any) -> None:
    before = db.session.query(LedgerEntry).count()
    db.session.rollback()
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"lab_backend": "practice"})
    assert "Practice mode" in text(manager.get("/c/longyan/figures"))
    answer = manager.post("/c/longyan/figures/places", {"places": "120", "basis": "four rooms", "key": "k" * 20})
    assert answer.status_code == 409
    assert db.session.query(LedgerEntry).count() == before


def test_places_are_declared_once_per_form(manager: Any, center: Center, settle: Callable[[], None]) -> None:
    page = text(manager.get("/c/longyan/figures/places"))
    key = page.split('name="key"')[1].split('value="')[1].split('"')[0]
    data = {"places": "120", "basis": "four rooms of thirty PCs", "key": key}
    for _ in range(2):
        assert manager.post("/c/longyan/figures/places", data).status_code == 302
    assert db.session.query(LedgerEntry).filter_by(kind="capacity.places").count() == 2  # with the one before
    assert "newer entr" in text(manager.get("/c/longyan/figures"))
    settle()
    page = text(manager.get("/c/longyan/figures/2026/places"))
    assert "People at once in practice: 120 people" in page
    assert "Stands for 2026" in page


@pytest.mark.parametrize(
    "wrong",
    [
        *({"places": value} for value in ("-1", "x", "", "100001", "1e9", "９９９９９９９９")),
        *({"basis": value} for value in ("", "abc", "x" * 301)),
        *({"key": value} for value in ("../../x", "")),
    ],
)
def test_a_wrong_declaration_keeps_what_was_typed(manager: Any, wrong: dict[str, str]) -> None:
    data = {"places": "120", "basis": "four rooms of thirty PCs", "key": "a" * 20, **wrong}
    page = text(manager.post("/c/longyan/figures/places", data), 422)
    if "basis" not in wrong:
        assert "four rooms of thirty PCs" in page
    assert db.session.query(LedgerEntry).filter_by(kind="capacity.places").count() == 1


def test_pages_ask_few_questions(
    manager: Any, evidence: Evidence, settle: Callable[[], None], count_queries: Any
) -> None:
    evidence.run("big", minutes=60)
    for number in range(120):
        evidence.enrol(f"s{number}", "big")
        evidence.time(f"s{number}", "big", 30, 31)
    settle()
    for address, most in (("figures", 14), ("figures/2026/person_times", 14), ("ledger", 14)):
        with count_queries() as seen:
            page = manager.get("/c/longyan/" + address)
        assert page.status_code == 200
        assert len(seen) <= most, (address, len(seen))
    second = text(manager.get("/c/longyan/figures/2026/person_times?page=2"))
    assert "page=3" in second
    assert manager.get("/c/longyan/figures/2026/person_times?page=-5").status_code == 200
    assert manager.get("/c/longyan/figures/2026/person_times?page=9999").status_code == 200


def test_an_export_while_the_chain_grows_stays_whole(
    center: Center, trained: dict[str, str], evidence: Evidence, tmp_path: Path
) -> None:
    evidence.time(trained["li.na"], "r1", 5, 6)
    db.session.commit()
    out = tmp_path / "ledger.jsonl"
    with out.open("wb") as file:
        export.write(center, file)
    assert verify_export(out).ok
