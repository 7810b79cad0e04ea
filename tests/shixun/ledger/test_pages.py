"""The ledger's pages: the chain, an entry, and a correction by two people."""

from collections.abc import Callable
from typing import Any

import pytest

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.core.permissions import Role
from shixun.ledger import operations, tasks
from shixun.ledger.models import LedgerEntry
from shixun.testing.factories import make_person


@pytest.fixture
def entry(center: Center, fill: Callable[..., None]) -> LedgerEntry:
    for name in ("lin", "chen"):
        make_person(center, name, Role.CENTER_MANAGER)
    fill(3)
    tasks.seal_and_sign()
    return db.session.scalars(db.select(LedgerEntry).where(LedgerEntry.key == "i1")).one()


def text(page: Any, status: int = 200) -> str:
    assert page.status_code == status, page.get_data(as_text=True)
    found: str = page.get_data(as_text=True)
    return found


def english(person: Any) -> Any:
    person.post("/language/en")
    return person


def test_the_chain_and_an_entry(browser: Any, entry: LedgerEntry) -> None:
    manager = english(browser().sign_in("lin"))
    page = text(manager.get("/c/longyan/ledger"))
    assert "Key fingerprint" in page
    assert page.count("Learning time") == 3
    page = text(manager.get(f"/c/longyan/ledger/entries/{entry.id}"))
    assert entry.seal is not None
    assert entry.seal.hash in page
    assert "Canonical record" in page
    assert "2026-03-01 09:20:00" in page  # in the center's zone
    assert manager.get("/c/longyan/ledger/entries/nothing").status_code == 404


def test_two_managers_reverse_an_entry(browser: Any, entry: LedgerEntry, center: Center) -> None:
    lin, chen = english(browser().sign_in("lin")), english(browser().sign_in("chen"))
    address = f"/c/longyan/ledger/entries/{entry.id}"
    page = text(lin.post(address + "/reversal", {"reason": ""}), 422)
    assert "Please fill in this field." in page
    long = text(lin.post(address + "/reversal", {"reason": "<b>x"}), 422)
    assert "&lt;b&gt;x" in long
    assert lin.post(address + "/reversal", {"reason": "recorded for the wrong run"}).status_code == 302
    page = text(lin.get(address))
    assert "Waits for a second person" in page
    assert "Approve the reversal" not in page
    action = text(chen.get(address)).split("/ledger/corrections/")[1].split("/approve")[0]
    decision = f"/c/longyan/ledger/corrections/{action}"
    assert lin.post(decision + "/approve").status_code == 403
    assert chen.post(decision + "/perhaps").status_code == 404
    assert chen.post(decision + "/approve").status_code == 302
    assert chen.post(decision + "/approve").status_code == 409
    assert operations.find(center.id, "entry.reversed", entry.id) is not None
    page = text(lin.get(address))
    assert "This entry no longer counts" in page
    assert "This entry is wrong" not in page
    tasks.seal_and_sign()
    assert "Entry reversed" in text(lin.get("/c/longyan/ledger"))


def test_without_a_signed_head_the_page_says_so(
    app: Any, browser: Any, center: Center, fill: Callable[..., None]
) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"ledger_key_file": None})
    make_person(center, "lin", Role.CENTER_MANAGER)
    fill(1)
    assert tasks.seal_and_sign().head_list is None
    manager = english(browser().sign_in("lin"))
    assert "No signed head covers this chain yet" in text(manager.get("/c/longyan/ledger"))
    assert manager.get("/c/longyan/ledger/heads.json").status_code == 404
    assert manager.get("/c/longyan/ledger/export.jsonl").status_code == 200
