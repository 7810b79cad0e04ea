import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shixun_packs.digest import Limits, bundle, bundle_digest, bundle_files, read_bundle, tree_digest, unbundle
from shixun_packs.problems import PackError

FILES = {"a.txt": b"one", "figures/图.svg": b"<svg/>", "lessons/b.md": b"x" * 1000, "empty": b""}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def ordinary_tar(*members: tarfile.TarInfo, data: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            member.size = len(data) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    info.mode = 0o644
    return info


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(PackError) as caught:
        read_bundle(data, Limits(**limits))
    return str(caught.value)


def test_the_same_files_give_the_same_bundle_whatever_their_age_mode_and_order(tmp_path: Path) -> None:
    one = write(tmp_path / "one", FILES)
    two = write(tmp_path / "two", dict(reversed(FILES.items())))
    os.utime(two / "a.txt", (0, 12345))
    (two / "a.txt").chmod(0o700)
    assert bundle(one) == bundle(two) == bundle_files(FILES)
    assert tree_digest(one) == tree_digest(two)
    assert bundle_digest(bundle(one)).startswith("sha256:")


def test_any_change_of_content_name_or_place_changes_both_digests(tmp_path: Path) -> None:
    base = write(tmp_path / "base", FILES)
    changes: list[dict[str, bytes]] = [
        FILES | {"a.txt": b"two"},
        {name: data for name, data in FILES.items() if name != "empty"},
        {("A.txt" if name == "a.txt" else name): data for name, data in FILES.items()},
        FILES | {"a.txt": b"on", "empty": b"e"},
    ]
    for number, files in enumerate(changes):
        other = write(tmp_path / f"other{number}", files)
        assert tree_digest(other) != tree_digest(base)
        assert bundle_digest(bundle(other)) != bundle_digest(bundle(base))


def test_leftovers_are_no_part_of_a_pack(tmp_path: Path) -> None:
    clean = bundle(write(tmp_path / "clean", FILES))
    dirty = write(tmp_path / "dirty", FILES | {".git/config": b"", "__pycache__/x.pyc": b"", "lessons/.b.md.swp": b""})
    write(dirty, {".ipynb_checkpoints/notebook.ipynb": b""})
    assert bundle(dirty) == clean


def test_a_bundle_is_a_tar_that_others_can_read() -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle_files(FILES))) as archive:
        found = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    assert found == FILES


def test_unbundle_writes_what_was_bundled(tmp_path: Path) -> None:
    unbundle(bundle_files(FILES), tmp_path / "new")
    assert bundle(tmp_path / "new") == bundle_files(FILES)
    assert read_bundle(bundle_files({})) == {}


def test_unbundle_keeps_off_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(PackError, match="not empty"):
        unbundle(bundle_files(FILES), tmp_path)
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_symlinks_and_special_files_are_problems_each(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", FILES)
    (folder / "link.md").symlink_to("/etc/passwd")
    (folder / "lessons/up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    with pytest.raises(PackError) as caught:
        bundle(folder)
    assert str(caught.value).split("\n") == [
        f"{folder}/lessons/up: is a symlink: packs carry plain files only",
        f"{folder}/link.md: is a symlink: packs carry plain files only",
        f"{folder}/pipe: is neither a file nor a folder",
    ]


def test_names_that_would_mislead_are_problems(tmp_path: Path) -> None:
    folder = write(tmp_path / "pack", {"a\nb": b"", "c\\d": b""})
    (folder / os.fsdecode(b"gbk-\xb9\xa4")).write_bytes(b"")
    with pytest.raises(PackError) as caught:
        tree_digest(folder)
    assert len(caught.value.problems) == 3


def test_a_missing_or_linked_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(write(tmp_path / "real", FILES))
    for folder in (tmp_path / "none", tmp_path / "link", tmp_path / "real/a.txt"):
        with pytest.raises(PackError, match="there is no such folder"):
            bundle(folder)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "holds a link"),
        (member("link", tarfile.LNKTYPE, "a.txt"), "holds a link"),
        (member("pipe", tarfile.FIFOTYPE), "not a plain file"),
        (member("device", tarfile.CHRTYPE), "not a plain file"),
        (member("folder", tarfile.DIRTYPE), "not a plain file"),
        (member("/etc/cron.d/x"), "absolute"),
        (member("../x"), "leaves the pack's folder"),
        (member("a/../../x"), "leaves the pack's folder"),
        (member("./a"), "shortest form"),
        (member("a//b"), "shortest form"),
        (member("c:\\x"), "backslash or colon"),
        (member("a\x1b[2J"), "can't be printed"),
        (member("x" * 300), "not a plain file"),
        (member("长" * 60), "not a plain file"),
    ],
)
def test_hostile_members_are_refused(entry: tarfile.TarInfo, message: str, tmp_path: Path) -> None:
    data = ordinary_tar(entry)
    assert message in refusal(data)
    with pytest.raises(PackError):
        unbundle(data, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_hostile_headers_are_refused() -> None:
    sparse = member("sparse")
    sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}
    huge = member("huge")
    huge.pax_headers = {"size": "-512"}
    owned = member("owned")
    owned.uid = 1
    for entry in (sparse, huge, owned):
        assert "not a plain file" in refusal(ordinary_tar(entry))


def test_damaged_and_dressed_up_bundles_are_refused() -> None:
    good = bundle_files(FILES)
    assert "cut off" in refusal(good[:700])
    assert "cut off" in refusal(good[:-1024])
    assert "cut off" in refusal(b"")
    assert "after the end" in refusal(good + b"\0" * 512)
    assert "after the end" in refusal(good + good)
    assert "hidden bytes" in refusal(good.replace(b"one\0", b"one!"))
    assert "not a plain file" in refusal(b"PK\x03\x04" + bytes(600))
    one, two = bundle_files({"a": b"1"})[:-1024], bundle_files({"b": b"2"})
    assert "out of order" in refusal(two[:-1024] + one + bytes(1024))
    assert "there twice" in refusal(one + one + bytes(1024))


def test_a_file_can_not_be_a_folder_too() -> None:
    with pytest.raises(PackError, match="a file and a folder at once"):
        bundle_files({"a": b"", "a/b": b""})
    forged = bundle_files({"a": b""})[:-1024] + bundle_files({"a/b": b""})
    assert "a file and a folder at once" in refusal(forged)


def test_limits_hold_for_reading_and_writing(tmp_path: Path) -> None:
    good = bundle_files(FILES)
    assert "more than 3 files" in refusal(good, files=3)
    assert "over 999 bytes" in refusal(good, file_bytes=999)
    assert "more than 1000 bytes" in refusal(good, total_bytes=1000)
    with pytest.raises(PackError, match="over 10 bytes"):
        bundle(write(tmp_path / "pack", FILES), Limits(file_bytes=10))
    with pytest.raises(PackError, match="leaves"):
        bundle_files({"../x": b""})


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}", fullmatch=True), st.binary(max_size=1100), max_size=5
    )
)
def test_what_was_bundled_comes_back(files: dict[str, bytes]) -> None:
    try:
        data = bundle_files(files)
    except PackError:
        return  # a file that is a folder too
    assert read_bundle(data) == files


@given(st.data())
def test_no_byte_of_a_bundle_can_be_changed_unseen(data: st.DataObject) -> None:
    good = bundle_files({"a.txt": b"one", "b/c": b"two"})
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != good[place]))
    try:
        files = read_bundle(good[:place] + bytes([byte]) + good[place + 1 :])
    except PackError:
        return
    assert bundle_files(files) != good
