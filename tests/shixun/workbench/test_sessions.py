"""A lab's life: asked for, started by the worker, ready, stopped, reset, lost; one at a time whatever happens."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey

from shixun.core import outbox
from shixun.core.clock import now
from shixun.core.db import db
from shixun.core.errors import Conflict, NotFound, Unavailable
from shixun.curriculum.models import LabVersion
from shixun.workbench import operations, tasks
from shixun.workbench.labels import ENDED
from shixun.workbench.models import LabSession, LabWork
from shixun.workbench.seats import seat_in_run


def start(world: Any, actor: Any = None) -> str:
    session = operations.start(actor or world.trainee, seat_in_run(actor or world.trainee, world.run_id, "point-map"))
    found = session.id
    db.session.commit()
    return found


def session(session_id: str) -> LabSession:
    db.session.expire_all()
    return db.session.get_one(LabSession, session_id)


def later(seconds: float) -> int:
    """Let the worker work after so many seconds."""
    db.session.rollback()
    with time_machine.travel(now() + timedelta(seconds=seconds), tick=False):
        return outbox.drain()


def make_ready(world: Any, hub: Any) -> str:
    found = start(world)
    outbox.drain()
    hub.servers[world.hub_user] = "ready"
    later(2)
    assert session(found).ready_at is not None
    return found


def test_a_lab_starts_through_the_worker_with_a_signed_ticket(world: Any, hub: Any, app: Any) -> None:
    found = start(world)
    assert start(world) == found  # a double click
    assert outbox.drain() == 1
    (ticket,) = hub.tickets
    claims = jwt.decode(ticket, OctKey.import_key(app.config["SETTINGS"].ticket_key), algorithms=["HS256"]).claims
    assert (claims["sub"], claims["session"], claims["lab"]) == (world.hub_user, found, "modbus-point-map")
    assert claims["plant"]["map_seed"] == session(found).work.map_seed
    assert claims["plant"]["process_seed"] != claims["plant"]["map_seed"]
    assert claims["plant"]["protocols"] == ["modbus"]
    later(2)
    assert session(found).ready_at is None
    hub.servers[world.hub_user] = "ready"
    later(6)
    assert session(found).ready_at is not None


def test_maps_differ_between_trainees_and_stay_the_same_for_one(world: Any, hub: Any) -> None:
    first, second = start(world), start(world, world.other)
    seeds = {session(first).work.map_seed, session(second).work.map_seed}
    assert len(seeds) == 2
    operations.end(session(first), "stopped")
    db.session.commit()
    again = start(world)
    assert again != first
    assert session(again).work.map_seed in seeds
    assert db.session.scalar(db.select(db.func.count()).select_from(LabWork)) == 2


def test_only_one_lab_is_open_at_a_time(world: Any, hub: Any) -> None:
    found = make_ready(world, hub)
    operations.stop(world.trainee, session(found))
    with pytest.raises(Conflict):  # still stopping
        operations.start(world.trainee, seat_in_run(world.trainee, world.run_id, "point-map"))
    with pytest.raises(Conflict):
        operations.stop(world.other, session(found))


def test_stopping_ends_the_session_once_the_server_is_gone(world: Any, hub: Any) -> None:
    found = make_ready(world, hub)
    operations.stop(world.trainee, session(found))
    db.session.commit()
    outbox.drain()
    assert session(found).ended_at is None
    later(2)
    assert session(found).why_ended == "stopped"
    assert hub.servers == {}


def test_a_reset_brings_a_fresh_plant_and_keeps_the_work(world: Any, hub: Any) -> None:
    found = make_ready(world, hub)
    operations.save_file(session(found).work, "point-map/notebook.ipynb", b"mine")
    old_seed = session(found).process_seed
    operations.stop(world.trainee, session(found), again=True)
    db.session.commit()
    outbox.drain()
    later(2)
    later(4)
    assert session(found).why_ended == "reset"
    fresh = operations.open_session(world.trainee.person_id)
    assert fresh is not None
    assert fresh.process_seed != old_seed
    assert operations.saved_files(fresh.work)["notebook.ipynb"] == b"mine"
    assert len(hub.tickets) == 2


@pytest.mark.parametrize(("why", "noted"), [(None, "lost"), ("idle", "idle"), ("<script>", "lost")])
def test_a_server_that_vanishes_ends_its_session(
    world: Any, hub: Any, browser: Any, why: str | None, noted: str
) -> None:
    found = make_ready(world, hub)
    hub.servers.clear()
    if why is not None:
        hub.ended[found] = why
    with time_machine.travel(now() + timedelta(seconds=60), tick=False):
        tasks.find_lost()
        db.session.commit()
    assert session(found).why_ended == noted
    page = browser().sign_in("wang").get(f"/c/longyan/learn/{world.run_id}/labs/point-map").get_data(as_text=True)
    assert str(ENDED[noted].text) in page


def test_a_start_that_the_spawner_refuses_fails_clearly(world: Any, hub: Any) -> None:
    found = start(world)
    outbox.drain()
    hub.servers.clear()  # the spawner raised
    later(2)
    assert session(found).why_ended == "failed"
    assert start(world) != found


def test_a_busy_hub_is_asked_again(world: Any, hub: Any) -> None:
    hub.answer = "busy"
    found = start(world)
    outbox.drain()
    hub.answer = "started"
    later(6)
    assert hub.servers[world.hub_user] == "starting"
    assert session(found).ended_at is None


def test_without_a_backend_nothing_starts(world: Any, app: Any) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"lab_backend": "none"})
    with pytest.raises(Unavailable):
        start(world)


def test_practice_never_counts(world: Any, hub: Any, app: Any) -> None:
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"lab_backend": "practice"})
    found = session(start(world))
    assert not found.counts
    submission, _new = operations.submit(world.trainee, found.work, {"notebook.ipynb": b"{}"}, "key-00000001")
    assert not submission.counts


def test_strangers_have_no_seat(world: Any) -> None:
    for run_id, item in (("nothing", "point-map"), (world.run_id, "other")):
        with pytest.raises(NotFound):
            seat_in_run(world.trainee, run_id, item)
    with pytest.raises(NotFound):
        seat_in_run(world.teacher, world.run_id, "point-map")


def test_the_page_of_a_running_lab_says_where_its_plant_answers(world: Any, hub: Any, browser: Any) -> None:
    version = db.session.scalars(db.select(LabVersion)).one()
    assert version.plant is not None
    version.plant = version.plant | {"protocols": ["opcua", "mqtt"]}
    db.session.commit()
    person, path = browser().sign_in("wang"), f"/c/{world.center.slug}/learn/{world.run_id}/labs/point-map"
    assert "opc.tcp" not in person.get(path).get_data(as_text=True)
    make_ready(world, hub)
    page = person.get(path).get_data(as_text=True)
    assert "opc.tcp://127.0.0.1:4840" in page
    assert "127.0.0.1:1883" in page
    assert "Modbus TCP" not in page
