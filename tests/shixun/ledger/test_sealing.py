"""Sealing: one chain per center, numbers without gaps, whatever happens in between."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

from tests.shixun.ledger.conftest import intervals

from shixun.accounts.models import Center
from shixun.core.db import db
from shixun.ledger import sealing
from shixun.ledger.models import LedgerEntry, LedgerPending, LedgerSeal
from shixun.ledger.verification import verify_center
from shixun.testing.factories import make_center


def test_each_hash_covers_the_one_before(center: Center, fill: Callable[..., None]) -> None:
    fill(7)
    assert sealing.seal_pending(center.id, batch=3) == 7
    previous = hashlib.sha256(
        b'{"center":"' + center.id.encode() + b'","format":"shixun-ledger/1"}'
    ).digest()  # as an outsider would compute it from the description
    for number, seal in enumerate(db.session.scalars(db.select(LedgerSeal).order_by(LedgerSeal.seq)), 1):
        previous = hashlib.sha256(previous + seal.entry.canonical).digest()
        assert (seal.seq, seal.hash) == (number, previous.hex())
    assert sealing.head(center.id) == (7, previous.hex())
    assert sealing.waiting(center.id) == 0


def test_sealing_again_adds_only_what_is_new(center: Center, fill: Callable[..., None]) -> None:
    fill(3)
    assert sealing.seal_pending(center.id) == 3
    assert sealing.seal_pending(center.id) == 0
    fill(2, start=3)
    assert sealing.seal_pending(center.id) == 2
    assert verify_center(center.id).ok


def test_chains_of_centers_are_apart(center: Center, fill: Callable[..., None]) -> None:
    other = make_center("xiamen")
    fill(2)
    intervals(other, 3)
    assert sealing.waiting_centers() == sorted([center.id, other.id])
    sealing.seal_pending(center.id)
    sealing.seal_pending(other.id)
    assert sealing.head(center.id)[0] == 2
    assert sealing.head(other.id)[0] == 3
    assert verify_center(other.id).ok


SEALER = """
    import os, signal, sys, time
    from pathlib import Path
    from shixun.app import create_app
    from shixun.config import Settings
    from shixun.core.unit_of_work import unit_of_work
    from shixun.ledger import sealing
    app = create_app(Settings(var=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="x" * 40))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's business
    for _line in sys.stdin:  # each wants a sealer: a fork, so that the application is made once
        if child := os.fork():
            print(child, flush=True)
            continue
        with app.app_context():
            while True:
                with unit_of_work():
                    count = sealing.seal_batch(sys.argv[3], 7)
                    time.sleep(0.01)
                if not count:
                    os._exit(0)
"""


def test_killed_at_any_moment_and_run_beside_itself(
    app: Any, settings: Any, center: Center, fill: Callable[..., None]
) -> None:
    fill(240)
    center_id = center.id
    db.session.remove()
    command = [sys.executable, "-c", textwrap.dedent(SEALER), str(settings.var), settings.sqlalchemy_url, center_id]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as sealers:
        assert sealers.stdin is not None
        assert sealers.stdout is not None
        for pause in (0.03, 0.05, 0.08):
            pair = []
            for _one in range(2):
                print(file=sealers.stdin, flush=True)
                pair.append(int(sealers.stdout.readline()))
            for pid in pair:
                time.sleep(pause)
                with contextlib.suppress(ProcessLookupError):  # it may have sealed all
                    os.kill(pid, signal.SIGKILL)
        sealers.stdin.close()
        sealers.stdout.read()  # until the last of them is gone
    sealed = db.session.query(LedgerSeal).count()
    assert sealed + db.session.query(LedgerPending).count() == 240
    db.session.rollback()
    sealing.seal_pending(center_id)
    assert db.session.query(LedgerSeal).count() == db.session.query(LedgerEntry).count() == 240
    report = verify_center(center_id)
    assert report.ok, report.findings
    assert report.length == 240
