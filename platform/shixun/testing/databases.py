"""An empty database for each test: a SQLite file of its own, or PostgreSQL where `SHIXUN_TEST_DATABASE_URL` names a server's database.

Making all tables is slow beside most tests, so it is done once for each test process: SQLite's file is copied, PostgreSQL's tables are
emptied.
"""

import os
import sqlite3
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, text

from shixun.core.db import db

ON_POSTGRES = "SHIXUN_TEST_DATABASE_URL" in os.environ
_filled: set[str] = set()  # PostgreSQL databases that have their tables
_first_state: list[bytes] = []  # SQLite's file with all tables and no rows, once it was made


def database_url(folder: Path) -> str:
    """The URL of this test's database. Parallel test processes get a PostgreSQL database each."""
    base = os.environ.get("SHIXUN_TEST_DATABASE_URL")
    return _database_of_process(base) if base else f"sqlite:///{folder / 'test.db'}"


@cache
def _database_of_process(base: str) -> str:
    url = make_url(base)
    name = f"{url.database}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def empty() -> None:
    """Bring the application's database to its first state; in an application context, before anything connects."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        _make_file(Path(str(url.database)))
    elif str(url) in _filled:
        with db.engine.begin() as connection:
            _delete_rows(connection)
    else:
        db.create_all()
        _filled.add(str(url))


def _make_file(path: Path) -> None:
    if _first_state:
        path.write_bytes(_first_state[0])
        return
    db.create_all()
    connection = sqlite3.connect(path)
    _first_state.append(connection.serialize())
    connection.close()


def _delete_rows(connection: Connection) -> None:
    # As a replica, the server asks neither foreign keys nor the triggers that keep evidence append-only.
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    tables = [table.name for table in db.metadata.sorted_tables]
    held = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)  # noqa: S608
    for name in connection.scalars(text(held)).all():
        connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - our own tables' names
