"""`shixun`: the operator's and the instructor's command line. Groups load by name, so one broken feature does not take the rest along."""

from importlib import import_module
from typing import ClassVar

import click

from shixun.version import __version__


class LazyGroup(click.Group):
    """Commands that are imported when they are called for."""

    commands_by_name: ClassVar[dict[str, str]] = {
        "db": "shixun.commands.database:group",
        "doctor": "shixun.commands.doctor:doctor",
        "up": "shixun.commands.up:up",
        "demo": "shixun.commands.demo:demo",
        "worker": "shixun.commands.worker:worker",
        "pack": "shixun.commands.pack:group",
        "people": "shixun.accounts.cli:group",
        "ledger": "shixun.ledger.cli:group",
        "walkthrough": "shixun.commands.walkthrough:walkthrough",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.commands_by_name)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        target = self.commands_by_name.get(name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Shixun (实训): run, look after and prove a training platform."""


if __name__ == "__main__":
    main()
