"""Every way to tamper is found, in an export and in the database, and the first broken entry is named.

The forger here owns the database and the files of the operator. What they don't have is the signing key, or the head lists that
somebody else keeps.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import text

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.ledger import export, heads, keys, signatures, tasks, verification
from shixun.ledger.chain import genesis, link
from shixun.ledger.verifier import Report, main, verify_export

Lines = list[dict[str, Any]]


@pytest.fixture
def published(center: Center, fill: Callable[..., None], settings: Any) -> Path:
    """Twelve entries, signed after eight and after twelve; the folder of published lists."""
    fill(8)
    assert tasks.seal_and_sign(force_heads=True).head_list == 1
    fill(4, start=8)
    assert tasks.seal_and_sign(force_heads=True).head_list == 2
    return Path(settings.var) / "heads"


@pytest.fixture
def exported(center: Center, published: Path) -> Lines:
    file = io.BytesIO()
    assert export.write(center, file) == 12
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.fixture
def verify(tmp_path: Path, published: Path) -> Callable[..., Report]:
    """Verify an export as an outsider who kept the lists and the public key."""
    key = keys.load_public(published / "public-key.pem")

    def run(lines: Lines, **more: Any) -> Report:
        path = tmp_path / "export.jsonl"
        path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n", encoding="utf-8")
        return verify_export(path, **{"lists": signatures.read(published), "key": key, **more})

    return run


def records(lines: Lines) -> Lines:
    return [line for line in lines if line["type"] == "record"]


def rechain(lines: Lines) -> None:
    """Number and hash everything anew, as whoever owns the database can."""
    current = genesis(lines[0]["center"]["id"])
    for seq, line in enumerate(records(lines), 1):
        current = link(current, line["record"].encode())
        line.update(seq=seq, hash=current)
    lines[0].update(length=len(records(lines)), head=current)


def edit(line: dict[str, Any]) -> None:
    record = json.loads(line["record"])
    record["data"]["end"] = "2026-12-31T00:00:00Z"
    line["record"] = rfc8785.dumps(record).decode()


def codes(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in report.findings]


def test_an_untouched_export_holds(exported: Lines, verify: Callable[..., Report]) -> None:
    report = verify(exported)
    assert report.ok, report.findings
    assert (report.length, report.signed_length, report.lists) == (12, 12, 2)
    assert report.key_pinned


def test_edited(exported: Lines, verify: Callable[..., Report]) -> None:
    edit(records(exported)[4])
    assert codes(verify(exported))[0] == ("changed", 5)


def test_deleted(exported: Lines, verify: Callable[..., Report]) -> None:
    exported.remove(records(exported)[4])
    assert codes(verify(exported))[0] == ("missing", 5)


def test_inserted(exported: Lines, verify: Callable[..., Report]) -> None:
    copy = dict(records(exported)[4])
    edit(copy)
    exported.insert(exported.index(records(exported)[4]) + 1, copy)
    assert codes(verify(exported))[0] == ("order", 6)


def test_reordered(exported: Lines, verify: Callable[..., Report]) -> None:
    here, there = (exported.index(records(exported)[n]) for n in (4, 7))
    exported[here], exported[there] = exported[there], exported[here]
    assert codes(verify(exported))[0] == ("missing", 5)
    for line, seq in zip(records(exported), range(1, 13), strict=True):
        line["seq"] = seq
    assert codes(verify(exported))[0] == ("changed", 5)


@pytest.mark.parametrize(("place", "between"), [(4, (1, 8)), (9, (9, 12))])
def test_chained_anew_without_the_key(
    exported: Lines, verify: Callable[..., Report], place: int, between: tuple[int, int]
) -> None:
    edit(records(exported)[place])
    rechain(exported)
    finding = verify(exported).findings[0]
    assert finding.code == "rewritten"
    assert (finding.values["first"], finding.values["last"]) == between


def test_chained_and_signed_with_another_key(
    exported: Lines, verify: Callable[..., Report], published: Path, tmp_path: Path
) -> None:
    edit(records(exported)[4])
    rechain(exported)
    forged = keys.ensure_key(tmp_path / "forger.pem")
    old = json.loads(exported[-1]["list"])
    body = {**old, "key": keys.fingerprint(forged.public_key())}
    body["heads"] = [{"chain": genesis(exported[0]["center"]["id"]), "length": 12, "head": exported[0]["head"]}]
    import base64

    signed = rfc8785.dumps(body)
    exported[-1].update(
        list=signed.decode(),
        signature=base64.b64encode(forged.sign(signed)).decode(),
        public_key=keys.public_pem(forged.public_key()).decode(),
    )
    assert {code for code, _ in codes(verify(exported))} >= {"signature", "rewritten"}
    # Without anything kept elsewhere the forgery is consistent; the report says that the key was not pinned.
    alone = verify(exported, lists=[], key=None)
    assert alone.ok
    assert not alone.key_pinned
    # With the lists but without the key, two keys can't both be right.
    assert not verify(exported, key=None).ok


def test_truncated(exported: Lines, verify: Callable[..., Report]) -> None:
    for line in records(exported)[10:]:
        exported.remove(line)
    assert codes(verify(exported))[0] == ("truncated", 11)
    rechain(exported)
    del exported[-1]  # and the embedded list with it
    assert codes(verify(exported)) == [("truncated", 11)]


def test_a_download_that_stopped_half_way(exported: Lines, verify: Callable[..., Report]) -> None:
    assert codes(verify(exported[:6], lists=[], key=None)) == [("header", 5)]


def test_another_centers_record(exported: Lines, verify: Callable[..., Report]) -> None:
    record = json.loads(records(exported)[4]["record"])
    record["center"] = "another"
    records(exported)[4]["record"] = rfc8785.dumps(record).decode()
    rechain(exported)
    assert codes(verify(exported, lists=[]))[0] == ("foreign", 5)


def test_lists_that_were_changed(exported: Lines, verify: Callable[..., Report], published: Path) -> None:
    first = sorted(published.rglob("heads-*.json"))[0]
    document = json.loads(first.read_text())
    body = json.loads(document["list"])
    body["heads"][0]["length"] = 7
    first.write_text(json.dumps({**document, "list": rfc8785.dumps(body).decode()}))
    finding = verify(exported, lists=signatures.read(published)).findings[0]
    assert finding.code == "signature"
    assert finding.values == {"list": 1}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"type": "header"}', "\x00", '{"type":"record","seq":1}'])
def test_what_is_no_export(tmp_path: Path, content: str, capsys: Any) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    assert main([str(path)]) == 2
    assert "x.jsonl" in capsys.readouterr().err


def test_the_command_names_the_entry_in_both_languages(
    exported: Lines, verify: Callable[..., Report], tmp_path: Path, published: Path, capsys: Any
) -> None:
    edit(records(exported)[4])
    verify(exported)
    arguments = [str(tmp_path / "export.jsonl"), "--heads", str(published), "--key", str(published / "public-key.pem")]
    assert main([*arguments, "--lang", "zh"]) == 1
    assert "✗ 第 5 条" in capsys.readouterr().out
    assert main([*arguments, "--json", "--lang", "en"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["findings"][0]["seq"] == 5
    assert found["findings"][0]["entry"] == json.loads(records(exported)[4]["record"])["id"]
    assert not found["ok"]


def unlock() -> None:
    """The owner of the database can drop its triggers."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET session_replication_role = replica"))
        return
    db.session.rollback()
    db.session.connection().exec_driver_sql("ROLLBACK")
    db.session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")
    db.session.connection().exec_driver_sql("BEGIN IMMEDIATE")
    names = db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    for name in names:
        db.session.execute(text(f"DROP TRIGGER {name}"))


IN_DATABASE = [
    ("UPDATE ledger_entry SET canonical = :other WHERE id = :id", ("changed", 5)),
    ("DELETE FROM ledger_entry WHERE id = :id", ("deleted", 5)),
    ("DELETE FROM ledger_seal WHERE entry_id = :id", ("missing", 5)),
    ("UPDATE ledger_entry SET subject_id = 'friend' WHERE id = :id", ("column", 5)),
    ("UPDATE ledger_entry SET kind = 'run.enrolled' WHERE id = :id", ("column", 5)),
    ("UPDATE ledger_seal SET seq = 99 WHERE entry_id = :id", ("missing", 5)),
    ("DELETE FROM ledger_seal WHERE seq > 10", ("truncated", 11)),
]


@pytest.mark.parametrize(("change", "expected"), IN_DATABASE)
def test_in_the_database(
    center: Center, published: Path, exported: Lines, change: str, expected: tuple[str, int]
) -> None:
    entry_id = json.loads(records(exported)[4]["record"])["id"]
    edit(records(exported)[4])
    unlock()
    db.session.execute(text(change), {"id": entry_id, "other": records(exported)[4]["record"].encode()})
    report = verification.verify_center(center.id, verification.known_lists(published))
    assert codes(report)[0] == expected
    if "DELETE FROM ledger_seal" in change:
        assert "unsealed" in {code for code, _ in codes(report)}
    db.session.rollback()


def test_a_broken_chain_is_not_signed_again(center: Center, fill: Callable[..., None], settings: Any) -> None:
    fill(5)
    tasks.seal_and_sign(force_heads=True)
    fill(3, start=5)
    unlock()
    db.session.execute(text("UPDATE ledger_entry SET canonical = :other WHERE key = 'i6'"), {"other": b'{"id":"x"}'})
    db.session.commit()
    tasks.seal_and_sign()
    unlock()
    db.session.execute(text("UPDATE ledger_entry SET canonical = :other WHERE key = 'i7'"), {"other": b'{"id":"y"}'})
    db.session.commit()
    assert tasks.seal_and_sign(force_heads=True).head_list is None
    latest = heads.latest()
    assert latest is not None
    assert json.loads(latest.canonical)["heads"][0]["length"] == 5
