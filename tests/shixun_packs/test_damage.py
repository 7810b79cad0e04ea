"""Whatever happens to a pack's files, loading it gives a pack or problems, never another error."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shixun_packs.problems import PackError
from shixun_packs.repository import load_repository

SCRAPS = st.sampled_from(
    [
        *(b"", b"\x00", b"\xff", b"\\", b"\r", b"\t", "工业".encode(), "工业".encode("gbk")),
        *(b"[", b"]]", b"{", b"{{", b'"', b"'''", b"= 1\n", b"[[unit]]\n", b"course = 3\n"),
        *(b"-1", b"1e999", b"nan", b"true", b"[]", b"../", b"9" * 5000),
        *(b":::check\n", b":::", b"$$", b"![](", b"<!DOCTYPE x>"),
        *(b"# %%\n", b"# %% nbgrader=1\n", b"### BEGIN SOLUTION\n"),
    ]
)


@pytest.mark.parametrize("kind", ["courses", "labs", "competitions"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_packs_are_problems(kind: str, packs: Path, data: st.DataObject) -> None:
    files = sorted(path.relative_to(packs) for path in (packs / kind).rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(packs, Path(folder) / "copy"))
        for _ in range(data.draw(st.integers(1, 3))):
            victim = copy / data.draw(st.sampled_from(files))
            text = victim.read_bytes()
            start = data.draw(st.integers(0, len(text)))
            end = data.draw(st.integers(start, min(len(text), start + 30)))
            victim.write_bytes(text[:start] + data.draw(SCRAPS) + text[end:])
        with contextlib.suppress(PackError):
            load_repository(copy)
