"""Alembic's environment: one history for SQLite and PostgreSQL, run by `shixun db upgrade` only."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import JSON, Connection, text

from shixun.core.db import UtcDateTime, db

# A migration that waits for a lock holds everybody up behind it: better to fail and try again.
LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "60s"
_BROKEN = "PRAGMA foreign_key_check"


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Migrations name the database's types, not ours, so that they stay true when the code changes."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return "sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    options: dict[str, Any] = {**current_app.extensions["migrate"].configure_args}
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
            connection.commit()
        else:
            _set_foreign_keys(connection, on=False)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()
            if connection.dialect.name == "sqlite" and (broken := connection.execute(text(_BROKEN)).all()):
                raise RuntimeError(f"a migration left references to nothing: {broken[:5]}")
        connection.commit()
        if connection.dialect.name == "sqlite":
            _set_foreign_keys(connection, on=True)


def _set_foreign_keys(connection: Connection, *, on: bool) -> None:
    """SQLite changes a table by copying it, which must not look like the deletion of what others refer to.

    The switch does nothing within a transaction, so it goes past SQLAlchemy, which would begin one.
    """
    connection.connection.cursor().execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


run()
