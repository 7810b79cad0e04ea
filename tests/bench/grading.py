"""Graded submissions per minute of lab 5.1, beside `nbgrader autograde` on the same files; and what each lab needs to grade.

nbgrader gets a plant of its own on the lab's port, so that the notebooks find what they read; its scores mean nothing here (the lab's
checks are not cells of the notebook). Both start a kernel for each submission and run every cell.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from shixun_graders.grade import Packs
from shixun_graders.measure import Measured
from shixun_graders.packcheck import solution_bundles, try_bundle, try_notebook
from shixun_graders.sandbox.base import Driver
from shixun_graders.sandbox.registry import DRIVERS
from shixun_packs.digest import bundle
from shixun_packs.lab import NOTEBOOK_NAME, build_notebooks, load_lab, with_wrong

ROOT = Path(__file__).parents[2]
PACKS = ROOT / "labs" / "packs"
LAB = "modbus-point-map"


def per_minute(count: int, grade: Callable[[int], object], at_once: int) -> float:
    """Grade `count` submissions, `at_once` at a time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        for _done in pool.map(grade, range(count)):
            pass
    return 60 * count / (time.perf_counter() - began)


def ours(driver: Driver, notebooks: list[bytes]) -> None:
    """Our graders with one driver, one at a time and two at a time."""
    lab = load_lab(PACKS / LAB)
    pack, packs = bundle(PACKS / LAB), Packs()

    def grade(number: int) -> None:
        result = try_notebook(lab, pack, notebooks[number], driver, packs=packs)
        assert result.outcome == "graded", result

    grade(0)  # the pack is read, the images are in the page cache
    for at_once in (1, 2):
        print(f"  ours, {driver.name}, {at_once} at a time: {per_minute(len(notebooks), grade, at_once):.1f} a minute")


@contextmanager
def plant() -> Iterator[None]:
    """A bottling line where the lab's notebooks look for it."""
    command = [sys.executable, "-m", "shixun_plants", "run", "bottling"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert '"ready"' in process.stdout.readline(), "port 5020 or 8600 is taken"
        try:
            yield
        finally:
            process.terminate()


def nbgrader(notebooks: list[bytes]) -> None:
    """`nbgrader autograde` on the same notebooks, one after the other: it knows no other way."""
    with tempfile.TemporaryDirectory() as name:
        course = Path(name)
        source = course / "source" / LAB
        source.mkdir(parents=True)
        (source / NOTEBOOK_NAME).write_bytes(build_notebooks(load_lab(PACKS / LAB)).source)
        for number, notebook in enumerate(notebooks):
            folder = course / "submitted" / f"s{number}" / LAB
            folder.mkdir(parents=True)
            (folder / NOTEBOOK_NAME).write_bytes(notebook)
        here = Path(sys.executable).parent
        env = os.environ | {"PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}  # it calls alembic by name

        def run(*arguments: str) -> None:
            command = [str(here / "nbgrader"), *arguments, LAB, f"--CourseDirectory.root={course}"]
            subprocess.run([*command, "--log-level=ERROR"], cwd=course, env=env, check=True, capture_output=True)

        run("generate_assignment")
        with plant():
            began = time.perf_counter()
            run("autograde", "--Execute.timeout=120", "--Execute.allow_errors=True")
            rate = 60 * len(notebooks) / (time.perf_counter() - began)
        done = len(list((course / "autograded").glob(f"*/{LAB}/{NOTEBOOK_NAME}")))
        assert done == len(notebooks), f"nbgrader graded {done}"
    print(f"  nbgrader autograde: {rate:.1f} a minute")


def labs(driver: Driver) -> None:
    """Seconds, and the most memory that a sandbox held, for the reference solution of every lab."""
    print(f"each lab's reference solution ({driver.name}): seconds, MB of the largest sandbox, points")
    for folder in sorted(PACKS.iterdir()):
        if not (folder / "lab.toml").exists():
            continue
        lab = load_lab(folder)
        if lab.checks is None:
            continue
        solution = solution_bundles(lab, driver)[0]
        assert isinstance(solution, bytes), solution
        measured = Measured(driver)
        began = time.perf_counter()
        result = try_bundle(lab.slug, bundle(folder), solution, measured)
        seconds, peak = time.perf_counter() - began, measured.take()
        earned = sum(cell.points or 0 for cell in result.cells)
        print(f"  {lab.slug:20} {seconds:5.1f} s {'    –' if peak is None else f'{peak:5.0f}'} MB {earned:5g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6, help="submissions")
    count = parser.parse_args().count
    lab = load_lab(PACKS / LAB)
    known = [build_notebooks(lab).source, *(with_wrong(lab, wrong) for wrong in lab.wrong)]
    notebooks = [known[number % len(known)] for number in range(count)]
    print(f"grading: {count} submissions of {LAB}, the same files for all")
    usable = [driver for make in DRIVERS.values() if (driver := make(os.environ)).available() is None]
    for driver in usable:
        ours(driver, notebooks)
    if shutil.which("nbgrader", path=str(Path(sys.executable).parent)):
        nbgrader(notebooks)
    if usable:
        labs(usable[0])


if __name__ == "__main__":
    main()
