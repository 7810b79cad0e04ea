"""`shixun pack preview`: a trainee's pages without people or a database, problems as a page, and nobody else's business."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from shixun.cli import main
from shixun.commands.preview.site import create_site
from shixun_packs.starting import start_pack


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    start_pack("course", tmp_path / "my-course", "我的课", "My course", "junior")
    start_pack("lab", tmp_path / "my-lab", "班次效率", "Shift efficiency", "")
    return tmp_path


def browser(path: Path) -> FlaskClient:
    return create_site(path).test_client()


def page(client: FlaskClient, address: str, lang: str = "en") -> str:
    found = client.get(address, headers={"Accept-Language": lang}, follow_redirects=True)
    assert found.status_code == 200, address
    return found.get_data(as_text=True)


def test_a_course_is_read_as_a_trainee_reads_it(packs: Path) -> None:
    client = browser(packs / "my-course")
    course = page(client, "/")
    assert "My course" in course
    assert "/courses/my-course/first-lesson" in course
    assert "我的课" in page(client, "/", "zh")
    lesson = page(client, "/courses/my-course/first-lesson")
    assert "<math" in lesson
    assert "A control loop measures" in lesson
    assert 'name="q-what-closes"' in lesson
    assert "Deciding and acting rest" not in lesson, "the explanation comes after the answer"
    (figure,) = re.findall(r'<img src="([^"]+)"', lesson)
    assert client.get(figure).mimetype == "image/svg+xml"
    assert client.get(figure.replace("loop", "none")).status_code == 404
    assert client.get("/courses/my-course/none").status_code == 404
    assert client.get("/courses/none").status_code == 404


def test_answers_are_checked_and_explained(packs: Path) -> None:
    client = browser(packs / "my-course")
    lesson = "/courses/my-course/first-lesson"
    (value,) = re.findall(r'value="(\d)">\s*<span class="choice-text">Measuring', page(client, lesson))
    right = page(client, f"{lesson}?asked=what-closes&q-what-closes={value}")
    assert "Your answer, correct" in right
    assert "Deciding and acting rest" in right
    wrong = page(client, f"{lesson}?asked=what-closes&q-what-closes={(int(value) + 1) % 3}")
    assert "Your answer, not correct" in wrong
    assert "Not correct" in page(client, f"{lesson}?asked=what-closes&q-what-closes=99")
    quiz = page(client, "/courses/my-course/final-quiz?asked=all&q-availability=92.5&q-abbreviation=oee")
    assert quiz.count("Correct") == 2
    assert "Expected: Read the level" in quiz
    assert "Correct" not in page(client, "/courses/my-course/final-quiz")


def test_a_lab_shows_task_and_released_notebook_never_its_solution(packs: Path) -> None:
    lab = page(browser(packs / "my-lab"), "/")
    assert "Read the record" in lab
    assert "raise" in lab
    assert "YOUR CODE HERE" in lab
    for secret in ("ideal_rate * (planned", "BEGIN SOLUTION", "random.Random", "100 * good"):
        assert secret not in lab


def test_problems_are_a_page_and_saving_brings_the_pack_back(packs: Path) -> None:
    client = browser(packs)
    first = client.get("/stamp").get_data(as_text=True)
    assert f'data-stamp="{first}"' in page(client, "/courses/my-course")
    toml = packs / "my-course" / "course.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('level = "junior"', 'level = "<expert>"'), encoding="utf-8")
    assert client.get("/stamp").get_data(as_text=True) != first
    for address in ("/courses/my-course", "/courses/my-course/first-lesson"):
        broken = page(client, address)
        assert re.search(r"my-course/course.toml:\d+", broken)
        assert "&lt;expert&gt;" in broken
    assert "1 problem" in page(client, "/")
    assert "Shift efficiency" in page(client, "/labs/my-lab"), "the other pack goes on"
    toml.write_text(text.replace("# 学完", "") + "\n", encoding="utf-8")
    assert "What you learn" in page(client, "/courses/my-course")
    toml.unlink()
    assert client.get("/courses/my-course").status_code == 404


def test_advice_stands_below(packs: Path) -> None:
    (packs / "my-course" / "figures" / "spare.svg").write_bytes(
        (packs / "my-course" / "figures" / "loop.svg").read_bytes()
    )
    assert "spare.svg" in page(browser(packs), "/courses/my-course")


def test_only_this_machine_and_no_other_page_gets_in(packs: Path) -> None:
    client = browser(packs)
    assert client.get("/", base_url="http://evil.example:8090").status_code == 403
    assert client.get("/", base_url="http://localhost:8090").status_code == 200
    found = client.get("/")
    assert "frame-ancestors 'none'" in found.headers["Content-Security-Policy"]
    assert found.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for address in ("/packs/x/../../etc/passwd", "/packs/" + "0" * 64 + "/figures/loop.svg", "/labs/..%2f..%2fetc"):
        assert client.get(address).status_code == 404
    assert client.get("/language/en?next=//evil.example/").headers["Location"] == "/"
    assert client.get("/language/en?next=/labs/my-lab").headers["Location"] == "/labs/my-lab"


def test_a_path_without_packs_is_told(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["pack", "preview", str(tmp_path)])
    assert found.exit_code == 1
    assert "no course and no lab" in found.output


def test_a_form_lab_shows_its_fields() -> None:
    forms = sorted((Path(__file__).parents[3] / "labs" / "packs").glob("*/form.toml"))
    if not forms:
        pytest.skip("no lab has a form yet")
    assert "<h3" in page(browser(forms[0].parent), "/")
