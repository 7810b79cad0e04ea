"""`python -m shixun_plants run bottling`: a plant from a shell, in a container or on an instructor's desk.

`python -m shixun_plants show bottling` serves the record of a finished shift instead: a screen, and nothing that moves.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import get_args

from shixun_plants.plants import KINDS
from shixun_plants.runner import PlantConfig, Protocol, run, seed_from_env
from shixun_plants.shift import RECORDERS


def _port(text: str) -> int:
    """A port's number; argparse turns the ValueError of another word into its own."""
    if not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shixun_plants", description="Simulated plants for training")
    # With `prog` given, argparse need not format a usage line now, which would load every compressor that Python has.
    commands = parser.add_subparsers(dest="command", required=True, prog=parser.prog)
    running = commands.add_parser("run", help="run a plant until it is told to stop")
    running.add_argument("kind", choices=sorted(KINDS))
    running.add_argument("--host", default="127.0.0.1")
    running.add_argument(
        "--protocols",
        default="modbus",
        metavar="A,B",
        help=f"some of {','.join(get_args(Protocol))}; modbus by default",
    )
    for protocol, port in (("modbus", 5020), ("opcua", 4840), ("mqtt", 1883)):
        running.add_argument(f"--{protocol}-port", type=_port, default=port, help="0: the system chooses")
    running.add_argument("--hmi-port", type=_port, default=8600, help="0: the system chooses")
    running.add_argument("--no-hmi", action="store_true", help="serve no screen")
    running.add_argument("--speed", type=float, default=1.0, help="plant seconds per second, 0.1 to 100")
    running.add_argument("--log", type=Path, metavar="FILE", help="JSON lines of all requests from outside")
    running.add_argument(
        "--history", type=Path, metavar="FILE", help="SQLite file of what clients are told (historian.py)"
    )
    running.add_argument("--trace", action="store_true", help="put true and measured values into the log as well")
    showing = commands.add_parser("show", help="show the record of a finished shift until told to stop")
    showing.add_argument("kind", choices=sorted(RECORDERS))
    showing.add_argument("--host", default="127.0.0.1")
    showing.add_argument("--hmi-port", type=_port, default=8600, help="0: the system chooses")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit status. Seeds and the faults menu come from the environment."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command == "show":
        return _show(parser, options)
    if options.trace and options.log is None:
        parser.error("--trace writes into the log: give --log too")
    try:
        config = PlantConfig(
            kind=options.kind,
            map_seed=seed_from_env("SHIXUN_PLANT_MAP_SEED", bytes(32)),
            process_seed=seed_from_env("SHIXUN_PLANT_PROCESS_SEED", os.urandom(32)),
            speed=options.speed,
            protocols=tuple(options.protocols.split(",")),
            modbus_port=options.modbus_port,
            opcua_port=options.opcua_port,
            mqtt_port=options.mqtt_port,
            hmi_port=None if options.no_hmi else options.hmi_port,
            host=options.host,
            log_path=options.log,
            trace_path=options.log if options.trace else None,
            history_path=options.history,
            faults_menu=os.environ.get("SHIXUN_PLANT_FAULTS") == "1",
        )
    except ValueError as error:
        parser.error(str(error))
    return run(config)


def _show(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from shixun_plants.recorded.app import show  # here: a plant that runs needs none of it

    try:
        seed = seed_from_env("SHIXUN_PLANT_MAP_SEED", bytes(32))
    except ValueError as error:
        parser.error(str(error))
    return show(options.kind, seed, options.host, options.hmi_port)


if __name__ == "__main__":
    sys.exit(main())
