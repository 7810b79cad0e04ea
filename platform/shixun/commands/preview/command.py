"""`shixun pack preview`: a pack as its trainees will see it, while its author writes."""

from pathlib import Path

import click
from werkzeug.serving import make_server

from shixun.commands.pack_check import packs_below
from shixun.commands.preview.site import create_site


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path())
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0: any that is free.")
def preview(path: Path, port: int) -> None:
    """Show a pack, or a folder of packs, in the browser as a trainee sees it; the page reloads when you save.

    Only this machine can open it. What is wrong with the pack stands on the page, by file and line.
    """
    if not any(kind in {"course", "lab"} for kind, _folder in packs_below(path)):
        raise click.ClickException(f"{path} holds no course and no lab (no course.toml, no lab.toml)")
    try:
        server = make_server("127.0.0.1", port, create_site(path), threaded=True)
    except (OSError, SystemExit):  # werkzeug prints the reason, and exits
        raise click.ClickException(f"port {port} is taken: choose another with --port") from None
    click.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        server.server_close()
