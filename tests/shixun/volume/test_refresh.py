"""Figures in the database: brought up trainee by trainee, always what a count of everything would give."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.core.errors import NotFound
from shixun.ledger import export, signatures
from shixun.ledger.verifier import verify_export
from shixun.testing.evidence import Evidence
from shixun.testing.factories import make_center
from shixun.volume import operations, queries, rules
from shixun.volume.models import VolumeLine, VolumeState, VolumeYear

Settle = Callable[[], None]


def values(center: Center, year: int = 2026) -> dict[str, Any]:
    found = queries.year_figures(center.id, year)
    assert found is not None
    return found


def everything() -> list[tuple[Any, ...]]:
    return sorted(
        (x.subject_id, x.run_id, x.year, x.counted, x.class_hours, x.person_times, x.credited_at or "", x.entries)
        for x in db.session.scalars(db.select(VolumeLine))
    )


def test_the_columns_of_a_year(center: Center, evidence: Evidence, settle: Settle) -> None:
    evidence.run("r1", minutes=90)
    evidence.run("talk", minutes=45, meetings=1)
    for subject in ("s1", "s2", "s3"):
        evidence.enrol(subject, "r1")
        evidence.enrol(subject, "talk")
        evidence.check_in(subject, "talk")
    evidence.time("s1", "r1", 0, 1.5)
    evidence.time("s2", "r1", 0, 1)
    evidence.time("s3", "r1", 0, 0.5)
    evidence.contest("c1", ["t1", "t2"])
    evidence.places(60)
    settle()
    assert values(center) == {
        "person_times": 5,
        "class_hours": 2.0,
        "measured_minutes": 180,
        "trainees": 3,
        "contests": 1,
        "teams": 2,
        "places": 60,
    }
    assert queries.years(center.id) == [2026]
    assert queries.year_figures(center.id, 2025) is None


def test_a_reversal_removes_exactly_that(center: Center, evidence: Evidence, settle: Settle) -> None:
    evidence.run("r1", minutes=60)
    for subject in ("s1", "s2"):
        evidence.enrol(subject, "r1")
        evidence.time(subject, "r1", 0, 0.5)
    settle()
    before = everything()
    wrong = evidence.time("s1", "r1", 2, 2.5)
    settle()
    assert values(center)["person_times"] == 1
    evidence.reverse(wrong)
    settle()
    assert values(center)["person_times"] == 0
    assert everything() == before


def test_reversing_a_run_a_team_and_a_declaration(center: Center, evidence: Evidence, settle: Settle) -> None:
    opened = evidence.run("talk", meetings=1)
    evidence.enrol("s1", "talk")
    evidence.check_in("s1", "talk")
    held = evidence.contest("c1", ["t1"])
    evidence.places(40)
    second = evidence.places(400, hour=1)
    settle()
    assert (values(center)["person_times"], values(center)["teams"], values(center)["places"]) == (1, 1, 400)
    for entry in (opened, held, second):
        evidence.reverse(entry)
    settle()
    assert (values(center)["person_times"], values(center)["teams"], values(center)["places"]) == (0, 0, 40)


def test_places_stand_until_declared_anew(center: Center, evidence: Evidence, settle: Settle) -> None:
    evidence.places(40)
    evidence.run("r1")
    evidence.time("s1", "r1", 366 * 24, 366 * 24 + 1)
    settle()
    assert values(center)["places"] == 40
    assert values(center, 2027)["places"] == 40
    assert queries.year_figures(center.id, 2025) is None


def test_step_by_step_equals_all_at_once(center: Center, evidence: Evidence, settle: Settle) -> None:
    chance = random.Random(7)
    runs = ["r1", "r2", "r3"]
    for run_id in runs[:2]:
        evidence.run(run_id, minutes=chance.choice([30, 90, 200]), meetings=chance.choice([0, 1]))
    written = []
    for step in range(6):
        if step == 3:
            evidence.run("r3", minutes=60)  # after time was measured in it
        for _ in range(15):
            subject, run_id, start = f"s{chance.randrange(6)}", chance.choice(runs), chance.uniform(0, 9000)
            evidence.enrol(subject, run_id)
            written.append(evidence.time(subject, run_id, start, start + chance.uniform(0.1, 9)))
            if chance.random() < 0.2:
                evidence.check_in(subject, run_id, start)
        evidence.reverse(chance.choice(written[-15:]))
        settle()
    stepwise, years = everything(), {y.year: y.figures for y in db.session.scalars(db.select(VolumeYear))}
    assert len(stepwise) > 10
    assert len(years) == 2
    db.session.execute(db.delete(VolumeState))
    db.session.commit()
    assert operations.refresh(center.id)
    assert everything() == stepwise
    assert {y.year: y.figures for y in db.session.scalars(db.select(VolumeYear))} == years


def test_only_what_is_new_is_counted(center: Center, evidence: Evidence, settle: Settle, monkeypatch: Any) -> None:
    evidence.run("r1")
    for number in range(4):
        evidence.time(f"s{number}", "r1", 0, 1)
    settle()
    assert not operations.refresh(center.id)
    seen = []
    real = operations.evidence_of
    monkeypatch.setattr(operations, "evidence_of", lambda r, x: seen.append(r[0][1]["subject"]) or real(r, x))
    evidence.time("s2", "r1", 3, 4)
    settle()
    assert seen == ["s2"]
    assert values(center)["measured_minutes"] == 300


def test_a_new_cap_counts_everything_again(app: Any, center: Center, evidence: Evidence, settle: Settle) -> None:
    evidence.run("r1")
    evidence.time("s1", "r1", 0, 5)
    settle()
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"daily_cap_minutes": 120})
    settle()
    assert values(center)["measured_minutes"] == 120
    assert queries.statement(center, 2026)["daily_cap_minutes"] == 120


def test_centers_do_not_mix(center: Center, evidence: Evidence, settle: Settle) -> None:
    other = make_center("xiamen")
    for where, hours in ((evidence, 1), (Evidence(other), 2)):
        where.run("r1")
        where.time("s1", "r1", 0, hours)
    settle()
    assert values(center)["measured_minutes"] == 60
    assert values(other)["measured_minutes"] == 120
    mine, total = queries.lines(center.id, 2026, "measured_minutes", 1, 10)
    assert total == 1
    assert mine[0].center_id == center.id


def test_how_current_the_figures_are(center: Center, evidence: Evidence, settle: Settle) -> None:
    assert queries.standing(center.id).state is None
    evidence.run("r1")
    settle()
    assert queries.standing(center.id).newer == 0
    evidence.enrol("s1", "r1")
    db.session.commit()
    assert queries.standing(center.id).newer == 1


def test_the_rule_that_was_published_never_changes() -> None:
    assert rules.default().digest == "sha256:e19002cdca3d1955aa4642b449acb82076e44339f2ec3406c3291c4e00845e31"
    with pytest.raises(ValueError):
        rules.load("once-per-run", "99")
    with pytest.raises(ValueError):
        rules.load("../rules/once-per-run", "1")


# -- statements, checked by an outsider ------------------------------------------------------------------------------


@pytest.fixture
def files(center: Center, evidence: Evidence, settle: Settle, tmp_path: Path) -> tuple[Path, Path]:
    """An export (longer than the statement's head) and a statement."""
    evidence.run("r1", minutes=60)
    for number in range(5):
        evidence.enrol(f"s{number}", "r1")
        evidence.time(f"s{number}", "r1", number * 10, number * 10 + 0.2 * (number + 1))
    evidence.contest("c1", ["t1", "t2", "t3"])
    evidence.places(55)
    settle()
    statement = tmp_path / "statement.json"
    statement.write_text(json.dumps(queries.statement(center, 2026)), encoding="utf-8")
    db.session.rollback()
    evidence.time("s0", "r1", 80, 81)
    settle()
    out = tmp_path / "export.jsonl"
    with out.open("wb") as file:
        export.write(center, file)
    db.session.rollback()
    return out, statement


def test_a_statement_holds_against_the_export(files: tuple[Path, Path], settings: Any) -> None:
    out, statement = files
    claim = json.loads(statement.read_text())
    assert claim["figures"]["person_times"] == {"value": 3, "entries": claim["figures"]["person_times"]["entries"]}
    assert claim["figures"]["teams"]["value"] == 3
    report = verify_export(out, statements=[claim], lists=signatures.read(Path(settings.var) / "heads"))
    assert report.ok, report.findings
    assert report.figures["2026"]["person_times"] == 3
    assert report.figures["2026"]["places"] == 55


@pytest.mark.parametrize("name", ["person_times", "class_hours", "measured_minutes", "contests", "teams", "places"])
def test_a_figure_that_was_raised_is_found(files: tuple[Path, Path], name: str) -> None:
    out, statement = files
    claim = json.loads(statement.read_text())
    claim["figures"][name]["value"] += 1
    (finding,) = verify_export(out, statements=[claim]).findings
    assert finding.code == "figure"
    assert finding.values["figure"] == name


def test_other_lies_of_a_statement(files: tuple[Path, Path]) -> None:
    out, statement = files

    def found(**change: Any) -> list[str]:
        claim = {**json.loads(statement.read_text()), **change}
        return [finding.code for finding in verify_export(out, statements=[claim]).findings]

    claim = json.loads(statement.read_text())
    assert found() == []
    assert found(ledger={**claim["ledger"], "hash": "0" * 64}) == ["statement-head"]
    assert found(ledger={**claim["ledger"], "seq": 9999}) == ["statement-head"]
    assert found(rule={**claim["rule"], "digest": "sha256:0"}) == ["statement-rule"]
    assert found(rule={**claim["rule"], "version": "7"}) == ["statement-rule"]
    assert found(center={**claim["center"], "id": "x"}) == ["statement-center"]
    assert found(format="shixun-statement/9") == ["statement-format"]
    assert found(daily_cap_minutes=10)[0] == "figure"
    assert found(year=2025)[0] == "figure"
    assert found(figures={})[0] == "figure"


def test_the_verifier_needs_neither_flask_nor_a_database(files: tuple[Path, Path], settings: Any) -> None:
    out, statement = files
    heads = Path(settings.var) / "heads"
    blocked = (
        "import sys\n"
        "for name in ('flask', 'flask_babel', 'sqlalchemy', 'flask_sqlalchemy', 'pydantic_settings'):\n"
        "    sys.modules[name] = None\n"
        f"sys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "from shixun.ledger.verifier import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", blocked, str(out), "--statement", str(statement)),
            *("--heads", str(heads), "--key", str(heads / "public-key.pem"), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["figures"]["2026"]["person_times"] == 3


def test_no_statement_before_anything_was_counted(center: Center) -> None:
    with pytest.raises(NotFound):
        queries.statement(center, 2026)
