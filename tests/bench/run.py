"""`make bench`: every measurement in one run on this machine, so that its ratios mean something."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent


def main() -> None:
    """Pages, plants and gradings anywhere; labs beside a stock DockerSpawner where an engine answers."""
    subprocess.run([sys.executable, str(HERE / "pages.py")], check=True)
    subprocess.run([sys.executable, str(HERE / "plants.py")], check=True)
    subprocess.run([sys.executable, str(HERE / "grading.py")], check=True)
    engine = (
        shutil.which("docker")
        and subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0
    )
    if not engine:
        print("labs: not measured, no Docker Engine answers here")
        return
    subprocess.run([sys.executable, str(TESTS / "shixun_labs" / "bench_labs.py")], check=True)


if __name__ == "__main__":
    main()
