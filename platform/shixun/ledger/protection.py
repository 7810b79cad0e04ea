"""Evidence tables refuse UPDATE and DELETE: triggers, attached to the tables, so that `create_all` and the migration share them.

A trigger stops the application and whoever took it over, not the owner of the database; the chain and its published heads
show what the owner did. In production the web's role need not be the owner: `rights` gives it INSERT and SELECT only.
"""

from typing import Any

from sqlalchemy import Connection, Table, UniqueConstraint, event

from shixun.ledger.models import LedgerEntry, LedgerHeadList, LedgerSeal

TABLES: tuple[Table, ...] = (LedgerEntry.__table__, LedgerSeal.__table__, LedgerHeadList.__table__)  # type: ignore[assignment]
_FUNCTION = "shixun_refuse_change"


def statements(dialect: str, table: str, keys: list[list[str]]) -> list[str]:
    """The SQL that makes `table` append-only on `dialect` (sqlite or postgresql). `keys` are its unique column groups."""
    if dialect == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$",
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()",
            f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
        ]
    refuse = "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END"
    same = " OR ".join("(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys)
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own table's names
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
    ]


def statements_for(dialect: str, table: Table) -> list[str]:
    """The SQL for one of `TABLES`; the migration executes the same."""
    keys = [[column.name for column in table.primary_key]]
    keys += [[column.name for column in key.columns] for key in table.constraints if isinstance(key, UniqueConstraint)]
    return statements(dialect, table.name, keys)


def rights(role: str) -> list[str]:
    """PostgreSQL: what a database role that isn't the owner may do with the evidence tables."""
    if not role.replace("_", "").isalnum():
        raise ValueError("a role name has letters, digits and _ only")
    names = ", ".join(table.name for table in TABLES)
    return [f"REVOKE ALL ON {names} FROM {role};", f"GRANT SELECT, INSERT ON {names} TO {role};"]


def _protect(table: Table, connection: Connection, **_more: Any) -> None:
    for statement in statements_for(connection.dialect.name, table):
        connection.exec_driver_sql(statement)


for _table in TABLES:
    event.listen(_table, "after_create", _protect)
