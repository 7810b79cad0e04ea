"""From a draft to a version that only its center has, and to git and back."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shixun.accounts.queries import actor_in
from shixun.authoring import archives, course_text, operations, outlines, publishing, queries
from shixun.authoring.course_text import Place
from shixun.authoring.models import Draft
from shixun.core.audit import AuditEntry
from shixun.core.db import db
from shixun.core.errors import Conflict, Forbidden, Invalid, NotFound
from shixun.core.permissions import Role
from shixun.curriculum import queries as curriculum
from shixun.testing.authoring import author, make_draft
from shixun.testing.factories import make_person
from shixun.testing.learning import COURSE, FILES, LESSON, make_course, make_enrolment, make_run
from shixun_packs.course import load_course
from shixun_packs.digest import unbundle
from shixun_packs.problems import PackError


def lin(school: Any) -> Any:
    return author(school.lin, school.center)


def edit(school: Any, path: str, text: str) -> None:
    operations.write(lin(school), school.draft, path, text.encode())


def test_a_version_is_the_centers_and_a_pack_like_any_other(school: Any, tmp_path: Path) -> None:
    version = publishing.publish(lin(school), school.draft, "1.0.0")
    assert curriculum.current_version("valves", school.center.id).id == version.id
    with pytest.raises(NotFound):
        curriculum.course("valves", school.elsewhere.id)
    assert [one.course.slug for one in curriculum.library(school.elsewhere.id)] == []
    unbundle(db.session.get_one(publishing.blobs.Blob, version.digest).data, tmp_path / "valves")
    assert load_course(tmp_path / "valves").digest == version.digest
    actions = set(db.session.scalars(db.select(AuditEntry.action)))
    assert {"authoring.pack.published", "curriculum.course.synced", "curriculum.course.offered"} <= actions


def test_runs_stay_on_the_version_that_they_began_with(school: Any, browser: Any) -> None:
    first = publishing.publish(lin(school), school.draft, "1.0.0")
    run = make_run(school.center, first)
    xue = make_person(school.center, "xue")
    make_enrolment(run, xue)
    edit(school, "lessons/curve.md", LESSON.replace("结束。", "第二版。"))
    second = publishing.publish(lin(school), school.draft, "1.1.0")
    db.session.commit()
    page = browser().sign_in("xue").get(f"/c/longyan/learn/{run.id}/lessons/curve").get_data(as_text=True)
    assert "结束。" in page
    assert "第二版。" not in page
    assert run.course_version_id == first.id
    assert make_run(school.center, second).course_version_id == second.id
    said = browser().sign_in("lin").get(f"{school.url}/publish").get_data(as_text=True)
    assert "版本 1.0.0" in said, "the page tells which runs stay where"
    assert [one.version for one in publishing.classes_on(school.draft)] == ["1.0.0", "1.1.0"]


def test_numbers_only_go_up_and_only_for_a_change(school: Any) -> None:
    publishing.publish(lin(school), school.draft, "1.2.0")
    with pytest.raises(Conflict):
        publishing.publish(lin(school), school.draft, "1.3.0")
    edit(school, "lessons/end.md", (queries.text(school.draft, "lessons/end.md") or "") + "更多。\n")
    for number in ("1.2.0", "1.1.9", "0.9.0"):
        with pytest.raises(Invalid):
            publishing.publish(lin(school), school.draft, number)
    assert publishing.suggestions("1.2.9") == ["1.2.10", "1.3.0", "2.0.0"]
    assert publishing.publish(lin(school), school.draft, "1.2.10").version == "1.2.10"


def test_what_changes_is_listed_by_item(school: Any) -> None:
    assert [change.what for change in publishing.since(school.draft).added] == [
        "lesson",
        "quiz",
        "lesson",
        "figure",
        "checks",
    ]
    publishing.publish(lin(school), school.draft, "1.0.0")
    assert not publishing.since(school.draft).any
    edit(school, "lessons/curve.md", LESSON + "更多\n")
    operations.change(lin(school), school.draft, "course.toml", lambda text: course_text.remove_item(text, Place(0, 2)))
    operations.remove(lin(school), school.draft, "lessons/end.md")
    outlines.add_item(
        lin(school), school.draft, "basics", "lesson", {"minutes": 5, "title": {"zh": "新", "en": "New one"}}
    )
    found = publishing.since(school.draft)
    assert [(change.what, change.title) for change in found.added] == [("lesson", {"zh": "新", "en": "New one"})]
    assert [change.title for change in found.removed] == [{"zh": "结束", "en": "The end"}]
    assert [change.title for change in found.changed] == [{"zh": "特性曲线", "en": "The curve"}]


def test_nothing_wrong_is_published(school: Any, browser: Any) -> None:
    text = COURSE.replace('"pumps"', '"valves"').replace("class_hours = 2", 'class_hours = 2\nprerequisites = ["gone"]')
    lab = '[[unit.item]]\nkind = "lab"\nslug = "lab"\nlab = "nowhere"\nminutes = 5\ntitle = {zh = "实", en = "L"}\n'
    edit(school, "course.toml", text + lab)
    db.session.commit()
    person = browser().sign_in("lin")
    refused = person.post(f"{school.url}/publish", {"version": "1.0.0"})
    assert refused.status_code == 422
    said = refused.get_data(as_text=True)
    assert "没有实验 &#39;nowhere&#39;" in said
    assert "没有课程 &#39;gone&#39;" in said
    assert queries.own_version(school.center.id, "course", "valves") is None
    assert course_text.read(queries.text(school.draft, "course.toml") or "").course.version == "1.0.0"
    with pytest.raises(PackError):
        publishing.publish(lin(school), school.draft, "2.0.0")


def test_the_platforms_names_are_not_taken(school: Any, tmp_path: Path, browser: Any) -> None:
    make_course(school.elsewhere, tmp_path)
    pumps = make_draft(school.center, school.wang, slug="pumps")
    with pytest.raises(Conflict):
        publishing.publish(lin(school), pumps, "1.0.0")


def test_a_working_copy_begins_from_what_is_published(school: Any, browser: Any) -> None:
    publishing.publish(lin(school), school.draft, "1.0.0")
    files = queries.files(school.draft)
    operations.discard(lin(school), school.draft)
    db.session.commit()
    person = browser().sign_in("wang")
    assert "/start/course/valves" in person.get("/c/longyan/authoring").get_data(as_text=True)
    home = person.post("/c/longyan/authoring/start/course/valves").location
    assert person.post("/c/longyan/authoring/start/course/valves").location == home, "there is one working copy"
    draft = queries.draft(school.center.id, home.rpartition("/")[2])
    assert queries.files(draft) == files
    assert (draft.base_version, publishing.since(draft).any) == ("1.0.0", False)
    db.session.rollback()
    stranger = browser().sign_in("out")
    assert stranger.post("/c/xiamen/authoring/start/course/valves").status_code == 404


def test_a_zip_goes_to_git_and_comes_back(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    data = person.get(f"{school.url}/pack.zip").data
    assert zipfile.ZipFile(io.BytesIO(data)).namelist()[0] == "valves/course.toml"
    pack = archives.unpack(data)
    assert (pack.kind, pack.slug, pack.files) == ("course", "valves", queries.files(school.draft))
    db.session.rollback()
    url = "/c/longyan/authoring/import"
    assert person.post(url, {"file": (io.BytesIO(data), "v.zip")}).status_code == 422, "the name is taken"
    made = person.post(url, {"file": (io.BytesIO(data), "v.zip"), "slug": "valves-2"})
    assert made.status_code == 302
    draft = queries.draft(school.center.id, made.location.rpartition("/")[2])
    assert draft.slug == "valves-2"
    assert publishing.problems(draft, queries.files(draft)) == []


def tricks() -> dict[str, bytes]:
    """Zip files that mean harm, or are none."""
    good = archives.pack("x", {"course.toml": COURSE.encode()})

    def made(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in entries:
                archive.writestr(entry, data)
        return out.getvalue()

    link = zipfile.ZipInfo("x/course.toml")
    link.external_attr = 0o120777 << 16
    return {
        "no zip": b"PK\x03\x04" + bytes(50),
        "text": b"hello",
        "cut off": good[: len(good) // 2],
        "outside": made(("../course.toml", COURSE.encode())),
        "absolute": made(("/etc/course.toml", COURSE.encode())),
        "link": made((link, b"/etc/passwd")),
        "bomb": made(("x/course.toml", COURSE.encode()), ("x/assets/zeros", bytes(40 * 2**20))),
        "many": made(*[(f"x/{n}.md", b"") for n in range(500)]),
        "empty": made(),
        "no pack": made(("readme.md", b"hello")),
        "broken": made(("x/course.toml", b"[course")),
        "not utf-8": made(("x/course.toml", b"\xff\xfe")),
        "a lesson in GBK": made(("x/course.toml", COURSE.encode()), ("x/lessons/a.md", "水泵".encode("gbk"))),
        "file and folder": made(("x/course.toml", COURSE.encode()), ("x/lessons", b""), ("x/lessons/a.md", b"")),
    }


def test_what_windows_adds_to_texts_is_left_behind(school: Any) -> None:
    texts = {path: text.encode() for path, text in FILES.items() if not path.endswith(".svg")}
    files = {path: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") for path, data in texts.items()}
    found = archives.unpack(archives.pack("pumps", files | {"figures/a.png": b"\r\n"}))
    assert found.files == texts | {"figures/a.png": b"\r\n"}, "bytes that are no text stay as they are"


def test_a_name_that_somebody_takes_at_the_same_moment_is_taken(school: Any) -> None:
    def meanwhile(slug: str) -> bool:
        db.session.add(Draft(center_id=school.center.id, kind="lab", slug=slug, title={"zh": "一", "en": "One"}))
        db.session.flush()
        return False

    with pytest.raises(Invalid) as refused:
        operations.create_from_files(lin(school), school.center.id, "lab", "pumps", {}, {}, meanwhile)
    assert "slug" in refused.value.fields
    assert [draft.kind for draft in queries.drafts(school.center.id)] == ["lab", "course"], "and the session lives"


def test_tricks_in_a_zip_are_refused(school: Any, browser: Any) -> None:
    person = browser().sign_in("lin")
    for name, data in tricks().items():
        answer = person.post("/c/longyan/authoring/import", {"file": (io.BytesIO(data), "x.zip")})
        assert answer.status_code == 422, name
    assert len(queries.drafts(school.center.id)) == 1


def test_managers_and_trainees_write_nothing(school: Any) -> None:
    manager = make_person(school.center, "boss", Role.CENTER_MANAGER)
    with pytest.raises(Forbidden):
        publishing.publish(actor_in(manager, school.center), school.draft, "1.0.0")
