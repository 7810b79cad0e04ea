"""`shixun ledger`: seal, export and verify from the command line. Verifying an export needs no installation at all."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import func, select

from shixun.accounts.models import Center
from shixun.config import Settings
from shixun.core.db import db, reading
from shixun.ledger import export, keys, protection, signatures, tasks, verification, verifier
from shixun.ledger.models import LedgerEntry
from shixun.ledger.verifier import Report

_FILE = click.Path(exists=True, path_type=Path)


def _application() -> Flask:
    """The application stands above the features, so a feature's commands reach it by name."""
    app: Flask = import_module("shixun.app").create_app(Settings.from_env())
    return app


def _language() -> str:
    return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def _centers(slugs: tuple[str, ...]) -> list[Center]:
    found = list(db.session.scalars(select(Center).order_by(Center.slug)))
    unknown = set(slugs) - {center.slug for center in found}
    if unknown:
        raise click.ClickException(f"no such center: {', '.join(sorted(unknown))}")
    return [center for center in found if not slugs or center.slug in slugs]


@click.group()
def group() -> None:
    """Seal, export and verify the training evidence."""


@group.command()
@click.option("--json", "as_json", is_flag=True)
def seal(as_json: bool) -> None:
    """Seal what waits, sign the heads of all chains now, publish the list."""
    with _application().app_context():
        outcome = tasks.seal_and_sign(force_heads=True)
    if as_json:
        click.echo(json.dumps(vars(outcome)))
    else:
        signed = f"signed head list {outcome.head_list}" if outcome.head_list else "no new heads to sign"
        click.echo(f"sealed {outcome.sealed} entries, {signed}, wrote {outcome.published} files")


@group.command()
@click.option("--json", "as_json", is_flag=True)
def count(as_json: bool) -> None:
    """Say how many entries the ledger of each center holds, sealed or not."""
    with _application().app_context(), reading():
        counted = select(Center.slug, func.count(LedgerEntry.id)).outerjoin(
            LedgerEntry, LedgerEntry.center_id == Center.id
        )
        entries = dict(db.session.execute(counted.group_by(Center.slug)).all())
    for line in [json.dumps(entries)] if as_json else [f"{slug}: {number}" for slug, number in sorted(entries.items())]:
        click.echo(line)


@group.command("export")
@click.argument("center")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="file to write (JSON lines)")
@click.option("--json", "as_json", is_flag=True)
def export_(center: str, out: Path, as_json: bool) -> None:
    """Write a center's chain to a file that anybody can verify offline."""
    with _application().app_context(), reading():
        (found,) = _centers((center,))
        part = out.with_name(out.name + ".part")
        with part.open("wb") as file:
            count = export.write(found, file)
        part.replace(out)
    click.echo(json.dumps({"records": count, "file": str(out)}) if as_json else f"wrote {count} records to {out}")


@group.command()
@click.argument("centers", nargs=-1)
@click.option("--export", "exports", type=_FILE, multiple=True, help="verify exported files (a folder: its *.jsonl)")
@click.option("--statement", "statements", type=_FILE, multiple=True, help="statements of figures to count again")
@click.option("--heads", "heads", type=_FILE, multiple=True, help="head lists kept elsewhere: file or folder")
@click.option("--key", type=_FILE, help="public key (PEM) that must have signed them")
@click.option("--json", "as_json", is_flag=True)
def verify(
    centers: tuple[str, ...],
    exports: tuple[Path, ...],
    statements: tuple[Path, ...],
    heads: tuple[Path, ...],
    key: Path | None,
    as_json: bool,
) -> None:
    """Compute chains, signatures and figures again; exit status 1 names the first broken entry.

    Without --export the database of this installation is checked (CENTERS: only these).
    """
    try:
        pinned = keys.load_public(key) if key else None
        lists = [item for path in heads for item in signatures.read(path)]
        claims = [json.loads(path.read_text(encoding="utf-8")) for path in statements]
        if exports:
            files = [file for path in exports for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
            reports = {
                str(file): verifier.verify_export(file, statements=claims, lists=lists, key=pinned) for file in files
            }
        elif claims:
            raise click.UsageError("a statement is verified against an --export")
        else:
            reports = _verify_database(centers, lists, pinned)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(str(error)) from error
    _tell(reports, as_json)
    if not all(report.ok for report in reports.values()):
        sys.exit(1)


def _verify_database(centers: tuple[str, ...], lists: list[Any], pinned: Any) -> dict[str, Report]:
    app = _application()
    settings: Settings = app.config["SETTINGS"]
    with app.app_context(), reading():
        every = signatures.unique([*verification.known_lists(settings.var / "heads"), *lists])
        if pinned is None and settings.ledger_key_file is not None and settings.ledger_key_file.exists():
            pinned = keys.load_private(settings.ledger_key_file).public_key()
        return {center.slug: verification.verify_center(center.id, every, pinned) for center in _centers(centers)}


def _tell(reports: dict[str, Report], as_json: bool) -> None:
    if as_json:
        body = {name: report.as_json(_language()) for name, report in reports.items()}
        click.echo(json.dumps({"ok": all(r.ok for r in reports.values()), "reports": body}, ensure_ascii=False))
        return
    for name, report in reports.items():
        click.echo(f"{name}\n{verifier.summary(report, _language())}")


@group.command()
@click.argument("role")
def rights(role: str) -> None:
    """Print the SQL that leaves a PostgreSQL ROLE only SELECT and INSERT on the evidence."""
    try:
        click.echo("\n".join(protection.rights(role)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
