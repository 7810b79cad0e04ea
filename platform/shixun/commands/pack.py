"""`shixun pack`: check packs before they travel, and load them."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from shixun.commands.database import application
from shixun.commands.pack_check import PLACES, check
from shixun.commands.pack_exchange import export_group, import_group
from shixun.commands.pack_new import new_group
from shixun.commands.preview.command import preview
from shixun.core.events import emit
from shixun.core.permissions import system_actor
from shixun.core.unit_of_work import unit_of_work
from shixun.curriculum.events import PacksSynced
from shixun.curriculum.syncing import sync_all
from shixun_packs.problems import PackError

_root_argument = click.argument(
    "root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), required=False
)
_json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON for programs.")


@click.group()
def group() -> None:
    """Check packs (courses, labs, contests) and load them into the database."""


group.add_command(check)
group.add_command(new_group)
group.add_command(preview)
group.add_command(import_group)
group.add_command(export_group)


@group.command()
@_root_argument
@_json_option
def sync(root: Path, as_json: bool) -> None:
    """Load all packs below ROOT (default: here): all of them or, if one is wrong, none."""
    with application().app_context():
        try:
            with unit_of_work():
                actor = system_actor()
                synced = sync_all(actor, root / PLACES["course"], root / PLACES["lab"])
                emit(PacksSynced(actor, root, synced))
        except PackError as error:
            if as_json:
                click.echo(
                    json.dumps({"synced": [], "problems": [asdict(p) for p in error.problems]}, ensure_ascii=False)
                )
            else:
                click.echo(str(error))
                click.echo(f"{len(error.problems)} problems: nothing was changed", err=True)
            sys.exit(1)
    if as_json:
        click.echo(json.dumps({"synced": [asdict(one) for one in synced], "problems": []}, ensure_ascii=False))
        return
    for one in synced:
        click.echo(f"{one.kind} {one.slug} {one.version}: {'now current' if one.changed else 'unchanged'}")
