"""What a trainee sends is refused with a reason, or graded on the pack's own cells."""

import json
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from graders_kit import notebook_of, small_lab
from hypothesis import given
from hypothesis import strategies as st

from shixun_graders.intake.canonical import canonical, read_submission
from shixun_graders.intake.refusal import RefusalError
from shixun_graders.intake.shape import Shape, parse
from shixun_graders.protocol import Note, Reason
from shixun_packs.digest import bundle_files
from shixun_packs.lab import Lab, build_notebooks, load_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return load_lab(small_lab(tmp_path_factory.mktemp("intake")))


def refused(lab: Lab, notebook: bytes) -> Reason:
    with pytest.raises(RefusalError) as caught:
        canonical(lab, notebook)
    return caught.value.reason


def edited(lab: Lab, change: Any) -> bytes:
    notebook = json.loads(build_notebooks(lab).source)
    change(notebook)
    return json.dumps(notebook).encode()


def sources(lab: Lab, notebook: bytes) -> dict[str, str]:
    return {cell.id: cell.source for cell in canonical(lab, notebook).cells}


def test_an_honest_notebook_is_itself(lab: Lab) -> None:
    found = canonical(lab, notebook_of(lab, {"add": "def add(a, b): return 1"}, extra="import math"))
    assert found.notes == ()
    assert [cell.id for cell in found.cells][1:] == [cell.id for cell in lab.cells]
    assert found.cells[0].source == "import math"
    assert {cell.id for cell in found.cells if cell.own} == {"added-0", "add", "count", "essay"}
    assert sources(lab, notebook_of(lab, {"add": "x"}))["add"] == "x"


def test_locked_cells_points_and_outputs_are_the_packs(lab: Lab) -> None:
    def forge(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if cell["id"] == "given":
                cell["source"] = "GIVEN = 99"
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"] |= {"points": 1000, "locked": False, "solution": True, "grade": True}
            cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "1000"}}]

    found = canonical(lab, edited(lab, forge))
    assert found.notes == (Note.CELL_RESTORED,)
    assert {cell.id: cell.source for cell in found.cells}["given"] == "GIVEN = 40"
    assert not hasattr(found.cells[0], "outputs")


def test_missing_cells_come_back(lab: Lab) -> None:
    found = canonical(lab, edited(lab, lambda notebook: notebook["cells"].clear()))
    assert set(found.notes) == {Note.CELL_RESTORED, Note.CELL_MISSING}
    texts = {cell.id: cell.source for cell in found.cells}
    assert "NotImplementedError" in texts["add"]
    assert texts["given"] == "GIVEN = 40"


def test_a_changed_kind_is_another_cell(lab: Lab) -> None:
    def forge(notebook: dict[str, Any]) -> None:
        next(cell for cell in notebook["cells"] if cell["id"] == "add")["cell_type"] = "markdown"

    found = canonical(lab, edited(lab, forge))
    assert Note.CELL_MISSING in found.notes
    assert "NotImplementedError" in {cell.id: cell.source for cell in found.cells}["add"]


def test_a_duplicate_with_the_same_text_does_no_harm_a_different_one_is_refused(lab: Lab) -> None:
    def twice(notebook: dict[str, Any]) -> None:
        notebook["cells"].append(dict(next(cell for cell in notebook["cells"] if cell["id"] == "add")))

    def different(notebook: dict[str, Any]) -> None:
        twice(notebook)
        notebook["cells"][-1]["source"] = "def add(a, b): return 42"

    assert [cell.id for cell in canonical(lab, edited(lab, twice)).cells] == [cell.id for cell in lab.cells]
    assert refused(lab, edited(lab, different)) is Reason.DUPLICATE_CELL


@pytest.mark.parametrize(
    ("notebook", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"\xff\xfe\x00", Reason.NOT_JSON),
        (b'{"cells": [}', Reason.NOT_JSON),
        (b'{"cells": NaN}', Reason.NOT_JSON),
        (b'{"n": ' + b"9" * 5000 + b"}", Reason.NOT_JSON),
        (b'"' + b"\\" * 100_001, Reason.NOT_JSON),
        (b"[]", Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 3, "cells": []}', Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 4, "cells": {}}', Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 4, "cells": [1]}', Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"a": 1}}]}', Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 1]}]}', Reason.NOT_A_NOTEBOOK),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 401) + b"]}", Reason.TOO_MANY_CELLS),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 1_000_000) + b"]}", Reason.TOO_COMPLEX),
        (b"[" * 1_000_000, Reason.TOO_COMPLEX),
        (b'{"a":' * 100_000, Reason.TOO_COMPLEX),
        (b'{"a": "' + b"x" * 100_000_000 + b'"}', Reason.TOO_LARGE),
        (b'{"nbformat":4,"cells":[{"cell_type":"code","source":"' + b"x" * 300_000 + b'"}]}', Reason.TOO_LARGE),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_hostile_notebooks_are_refused_quickly_and_in_little_memory(lab: Lab, notebook: bytes, reason: Reason) -> None:
    tracemalloc.start()
    begin = time.monotonic()
    try:
        assert refused(lab, notebook) is reason
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begin < 40  # a busy machine needs some of it


def test_odd_metadata_is_no_trouble(lab: Lab) -> None:
    odd = [
        {"cell_type": "code", "source": "a = 1", "metadata": []},
        {"cell_type": "code", "source": "b = 2", "metadata": {"nbgrader": 5}},
        {"cell_type": "code", "source": "c = 3", "metadata": {"nbgrader": {"grade_id": ["add"]}}, "id": 7},
        {"cell_type": "raw", "source": "ignored"},
        {"cell_type": "code", "source": '\ud800"', "metadata": {"nbgrader": {"grade_id": "../../etc"}}},
    ]
    found = canonical(lab, json.dumps({"nbformat": 4, "cells": odd}).encode())
    assert [cell.source for cell in found.cells if cell.id.startswith("added")] == ["a = 1", "b = 2", "c = 3", '?"']


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_bytes_a_refusal_or_a_value(text: bytes) -> None:
    with suppress(RefusalError):  # anything else that it raises is a fault
        parse(text, Shape(text_bytes=150, values=20, depth=5))


def test_bundles(lab: Lab) -> None:
    good = build_notebooks(lab).source
    assert read_submission(bundle_files({"notebook.ipynb": good, "data/a.csv": b"1"})) == good
    tar = bundle_files({"notebook.ipynb": good})
    hostile = {
        b"": Reason.BAD_ARCHIVE,
        b"PK\x03\x04" + bytes(2000): Reason.BAD_ARCHIVE,
        tar[:-100]: Reason.BAD_ARCHIVE,
        tar.replace(b"notebook.ipynb", b"../outside.txt"): Reason.BAD_ARCHIVE,
        tar.replace(b"notebook.ipynb", b"/etc/passwd.xx"): Reason.BAD_ARCHIVE,
        tar[:156] + b"2" + tar[157:]: Reason.BAD_ARCHIVE,
        bundle_files({f"{number:03}": b"" for number in range(65)}): Reason.BAD_ARCHIVE,
        bundle_files({"other.ipynb": good}): Reason.NO_NOTEBOOK,
        bytes(30_000_000): Reason.TOO_LARGE,
    }
    for data, reason in hostile.items():
        with pytest.raises(RefusalError) as caught:
            read_submission(data)
        assert caught.value.reason is reason


def test_symlinks_and_devices_of_real_tars_are_refused(tmp_path: Path) -> None:
    import io
    import tarfile

    for kind in (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
    ):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            member = tarfile.TarInfo("notebook.ipynb")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        with pytest.raises(RefusalError) as caught:
            read_submission(buffer.getvalue())
        assert caught.value.reason is Reason.BAD_ARCHIVE
