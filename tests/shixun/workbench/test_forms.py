"""The page of a lab without code: what is typed is kept, read forgivingly, and handed in only when it can be read."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

sys.path.insert(0, str(Path(__file__).parent))

from forms_kit import FORM, make_form_lab

from shixun.assessment.models import Submission
from shixun.core import blobs, outbox
from shixun.core.db import db
from shixun.core.permissions import system_actor
from shixun.curriculum.syncing import sync_lab
from shixun.workbench import answers, operations
from shixun.workbench.models import FormAnswer, LabWork
from shixun.workbench.seats import seat_in_run
from shixun_packs.digest import read_bundle

READ_A_PLANT = Path(__file__).parents[3] / "labs" / "packs" / "read-a-plant"
WRITER, OTHER = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"


@pytest.fixture
def page(world: Any, browser: Any) -> Any:
    """A trainee's browser; `page.at` is the lab's address."""
    make_form_lab(world.run_id)
    found = browser().sign_in("wang")
    found.at = f"/c/{world.center.slug}/learn/{world.run_id}/labs/factory"
    return found


def send(page: Any, turn: int, writer: str = WRITER, **typed: Any) -> Any:
    db.session.rollback()
    return page.post(page.at + "/answers", json={"writer": writer, "turn": turn, "answers": typed})


def kept() -> dict[str, list[str]]:
    db.session.rollback()
    return {answer.field: answer.typed for answer in db.session.scalars(db.select(FormAnswer))}


def submit(page: Any, **fields: Any) -> Any:
    db.session.rollback()
    whole = {f"f-{field['id']}": fields.get(field["id"], []) for field in FORM}
    return page.post(page.at + "/submit", {"whole": "1", "key": "the-key-of-this-page", **whole})


def number(field: int, text: str) -> Any:
    values, faults = answers.read(FORM, {FORM[field]["id"]: [text]})
    return values.get(FORM[field]["id"]) if not faults else str(next(iter(faults.values())))


def test_numbers_are_read_forgivingly(app: Any) -> None:
    forms = {
        87.5: ["87.5", " 87.5 % ", "87,5", "８７．５％", "８７，５", "87。5"],
        -3.0: ["−3", "-3"],
        3.0: ["+3", "3"],
        26400.0: ["26,400", "26 400", "2.64e4"],
        1234567.8: ["1 234 567.8", "1,234,567.8"],
        0.875: ["0,875", ".875"],
    }
    for value, texts in forms.items():
        for text in texts:
            assert number(0, text) == pytest.approx(value, abs=1e-9), text


def test_a_unit_behind_the_number_is_its_fields_own_or_none(app: Any) -> None:
    assert number(3, "12 min") == number(3, "12分钟") == number(3, "12 MIN") == 12.0
    assert number(4, "87.5%") == pytest.approx(0.875)
    for text in ("12 %", "12 s", "12 小时"):
        assert "min" in number(3, text) or "分钟" in number(3, text)


def test_what_is_no_number_is_said_so(app: Any) -> None:
    for text in ("ten", "1.2.3", "1,2,3", "--1", "1/0", "nan", "inf", "1e999", "9" * 400, "0x10", "%", "12:30"):
        assert isinstance(number(0, text), str), text


def test_nothing_is_made_by_looking(page: Any) -> None:
    shown = page.get(page.at).get_data(as_text=True)
    assert "灌装机的可用率" in shown
    assert 'inputmode="decimal"' in shown
    assert "jupyter" not in shown.lower()
    assert page.get(page.at + "/answers").json == {
        "answers": {field["id"]: [] for field in FORM},
        "faults": {},
        "saved": False,
    }
    assert db.session.scalar(db.select(db.func.count()).select_from(LabWork)) == 0


def test_what_is_typed_is_kept_whatever_it_is_and_shown_again(page: Any, browser: Any) -> None:
    said = send(page, 1, availability=["eighty <b>"], waited=["capper", "filler"], why=["因为\n堵了"])
    assert said.status_code == 200
    assert list(said.json["faults"]) == ["availability"]
    assert said.json["answers"]["waited"] == ["capper", "filler"]
    second_device = browser().sign_in("wang")
    shown = second_device.get(page.at).get_data(as_text=True)
    assert "eighty &lt;b&gt;" in shown
    assert "因为\n堵了" in shown
    assert shown.count(" checked") == 2
    assert 'aria-invalid="true"' in shown
    send(page, 2, availability=[], why=["\0 \ud800"])
    assert kept() == {"availability": [], "waited": ["capper", "filler"], "why": [" ?"]}


def test_late_requests_and_other_devices_overwrite_nothing(page: Any) -> None:
    send(page, 5, availability=["87.5"])
    send(page, 4, availability=["8"])
    send(page, 5, availability=["9"])
    assert kept() == {"availability": ["87.5"]}
    send(page, 1, OTHER, minutes=["12"])
    assert kept() == {"availability": ["87.5"], "minutes": ["12"]}
    send(page, 2, OTHER, availability=["88"])
    send(page, 6, minutes=["13"])
    assert kept() == {"availability": ["88"], "minutes": ["13"]}


def test_a_page_that_is_left_sends_a_beacon(page: Any) -> None:
    message = json.dumps({"writer": WRITER, "turn": 1, "answers": {"availability": ["87.5"]}})
    assert page.post(page.at + "/answers", {"sent": message}).status_code == 200
    assert kept() == {"availability": ["87.5"]}


HOSTILE: list[Any] = [
    None,
    [],
    "x",
    {},
    {"writer": WRITER, "turn": 1},
    {"writer": WRITER, "turn": 1, "answers": []},
    {"writer": WRITER, "turn": "1", "answers": {}},
    {"writer": WRITER, "turn": True, "answers": {}},
    {"writer": WRITER, "turn": -1, "answers": {}},
    {"writer": WRITER, "turn": 2**40, "answers": {}},
    {"writer": "../../x", "turn": 1, "answers": {}},
    {"writer": "a" * 40, "turn": 1, "answers": {}},
    {"writer": WRITER, "turn": 1, "answers": {"points": ["100"]}},
    {"writer": WRITER, "turn": 1, "answers": {"availability": [7]}},
    {"writer": WRITER, "turn": 1, "answers": {"availability": {"a": 1}}},
    {"writer": WRITER, "turn": 1, "answers": {"why": ["x" * 20_000]}},
    {"writer": WRITER, "turn": 1, "answers": {"waited": ["x"] * 100}},
]


def test_hostile_savings_are_refused_and_leave_nothing(page: Any) -> None:
    for sent in HOSTILE:
        answer, beacon = (
            page.post(page.at + "/answers", json=sent),
            page.post(page.at + "/answers", {"sent": json.dumps(sent)}),
        )
        assert (answer.status_code, beacon.status_code) == (422, 422), str(sent)[:80]
    assert page.post(page.at + "/answers", {"sent": "[" * 5000}).status_code == 422
    assert kept() == {}


def test_handing_in_sends_values_and_the_graders_file(page: Any) -> None:
    answer = submit(page, availability=["８７，５ %"], bottleneck=["capper"], waited=["capper", "filler"], why=["堵"])
    assert (answer.status_code, answer.location) == (303, page.at + "#submissions")
    submission = db.session.scalars(db.select(Submission)).one()
    assert json.loads(read_bundle(blobs.get(submission.files_digest))["answers.json"]) == {
        "availability": 87.5,
        "bottleneck": "capper",
        "waited": ["filler", "capper"],
        "why": "堵",
    }
    work = db.session.scalars(db.select(LabWork)).one()
    assert (submission.map_seed, submission.max_points, submission.lab) == (work.map_seed, 30.0, "read-a-plant")
    submit(page, availability=["87.5"])  # the same key: a double click
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 1
    assert page.get(page.at + "/submissions").get_data(as_text=True).count("<li") == 1


def test_nothing_is_handed_in_while_something_cannot_be_read(page: Any) -> None:
    answer = submit(page, availability=["87.5"], minutes=["long"], bottleneck=["packer"], why=["x" * 61])
    assert answer.status_code == 303
    assert answer.location.endswith("#field-bottleneck")
    shown = page.get(page.at).get_data(as_text=True)
    assert shown.count("data-fault hidden") == 3
    assert "请从列表中选择" in shown
    assert kept()["minutes"] == ["long"]
    assert submit(page).location.endswith("#field-availability")
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 0


def test_a_request_without_the_form_empties_nothing(page: Any) -> None:
    send(page, 1, availability=["87.5"])
    page.post(page.at + "/submit", {"key": "another-key-there"})
    assert kept() == {"availability": ["87.5"]}
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 1


def test_the_screen_is_the_plants_and_there_is_no_jupyterlab(page: Any, world: Any, hub: Any) -> None:
    operations.start(world.trainee, seat_in_run(world.trainee, world.run_id, "factory"))
    db.session.commit()
    outbox.drain()
    session = operations.open_session(world.trainee.person_id)
    assert session is not None
    session.ready_at = session.created_at
    db.session.commit()
    shown = page.get(page.at).get_data(as_text=True)
    assert f"/user/{world.hub_user}/shixun/hmi/?lang=zh" in shown
    assert "lab/tree" not in shown
    assert "data-heartbeat-url" in shown


def test_its_plant_is_the_record_of_the_trainees_own_shift(page: Any, world: Any, hub: Any, app: Any) -> None:
    operations.start(world.trainee, seat_in_run(world.trainee, world.run_id, "factory"))
    db.session.commit()
    outbox.drain()
    claims = jwt.decode(
        hub.tickets[0], OctKey.import_key(app.config["SETTINGS"].ticket_key), algorithms=["HS256"]
    ).claims
    work = db.session.scalars(db.select(LabWork)).one()
    assert claims["plant"]["recorded"] is True
    assert claims["plant"]["map_seed"] == work.map_seed
    submission, _new = operations.submit(world.trainee, work, {"answers.json": b"{}"}, "key-00000001")
    assert submission.map_seed == work.map_seed


def test_the_first_lab_is_stored_with_its_form(app: Any) -> None:
    version = sync_lab(system_actor(), READ_A_PLANT)
    assert [field["id"] for field in version.form][:3] == ["planned", "availability", "performance"]
    assert version.plant is not None
    assert version.plant["recorded"]
    assert version.max_points == 100
    right = {"planned": ["449,9 分钟"], "bottleneck": ["filler"], "blocked_more": ["rinser"], "energy": ["4.63 Wh/瓶"]}
    values, faults = answers.read(version.form, right)
    assert (values["planned"], values["energy"], faults) == (449.9, 4.63, {})


def test_without_labs_the_form_works_and_says_so(page: Any, app: Any) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"lab_backend": "none"})
    shown = page.get(page.at).get_data(as_text=True)
    assert "没有画面可看" in shown
    assert send(page, 1, availability=["87.5"]).status_code == 200
    submit(page, availability=["87.5"])
    assert not db.session.scalars(db.select(Submission)).one().counts


def test_others_answers_are_not_there(page: Any, world: Any, browser: Any) -> None:
    send(page, 1, why=["mine alone"])
    other = browser().sign_in("zhao")
    assert "mine alone" not in other.get(page.at).get_data(as_text=True)
    assert other.get(page.at + "/answers").json["saved"] is False
    teacher = browser().sign_in("li.laoshi")
    assert teacher.get(page.at + "/answers").status_code == 404
    notebook = page.at.replace("factory", "point-map")
    assert page.get(notebook + "/answers").status_code == 409
    assert page.post(notebook + "/answers", json={"writer": WRITER, "turn": 1, "answers": {}}).status_code == 409
