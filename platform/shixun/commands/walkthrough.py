"""`shixun walkthrough`: a talent center's whole day from outside, as separate people over HTTP, against a platform that runs."""

import secrets
import sys
from collections.abc import Callable

import click
import httpx

from shixun.commands.installation import SetupError, from_env
from shixun.commands.walk import contest, course_lab, figures, learning, people
from shixun.commands.walk.bench import Bench
from shixun.commands.walk.browser import LocalNames
from shixun.commands.walk.day import Day
from shixun.commands.walk.report import Report, Step


@click.command()
@click.option("--url", help="Address of the platform; by default that of this machine's installation.")
@click.option("--expect", type=click.Choice(["docker", "practice"]), help="Fail unless labs are of this kind.")
@click.option("--contest-seconds", default=60, show_default=True, help="Length of the contest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def walkthrough(url: str | None, expect: str | None, contest_seconds: int, as_json: bool) -> None:
    """Live a center's day on a platform that runs (`shixun up`), and print what was observed.

    Fails if anything differs from what was expected. It can be repeated: figures are compared with those before.
    """
    url = (url or from_env().public_url).rstrip("/")
    _check_answers(url)
    report = Report(url, (lambda _line: None) if as_json else click.echo)
    day = Day(url, secrets.token_hex(3), contest_seconds)
    _live(report, day, expect)
    report.facts["backend"] = "practice" if day.practice else "docker"
    if as_json:
        click.echo(report.as_json())
    else:
        done = sum(step.ok for step in report.steps)
        click.echo(f"\n{done} of {len(report.steps)} steps as expected, labs: {report.facts['backend']}")
    if not report.ok:
        sys.exit(1)


def _check_answers(url: str) -> None:
    try:
        with httpx.Client(transport=LocalNames(), trust_env=False, timeout=10) as client:
            client.get(f"{url}/healthz")
    except httpx.HTTPError:
        raise SetupError(
            f"Nothing answers at {url}. Start the platform with `make run`, or name it with --url."
        ) from None


def _live(report: Report, day: Day, expect: str | None) -> None:
    """The day, step by step."""
    benches: list[Bench] = []

    def open_lab(step: Step) -> None:
        benches.append(course_lab.open_lab(day, step, expect))

    def with_bench(action: Callable[[Day, Step, Bench], None]) -> Callable[[Step], None]:
        return lambda step: action(day, step, benches[0])

    def with_day(action: Callable[[Day, Step], None]) -> Callable[[Step], None]:
        return lambda step: action(day, step)

    for name, title, action in (
        ("front-door", "The platform answers, in both languages", with_day(people.front_door)),
        ("sign-in", "Everybody signs in", with_day(people.sign_ins)),
        ("before", "The books before the day", with_day(figures.before)),
        ("roster", "The manager imports a roster; the newcomer joins the demo run", with_day(people.newcomer)),
        ("lesson", "Both trainees read the lesson", with_day(learning.lessons)),
        ("neighbour", "Another center", with_day(people.neighbour)),
        ("quiz", "Both take the quiz", with_day(learning.quiz)),
        ("lab", "The trainee opens the lab", open_lab),
        ("notebook", "The notebook, beside the live plant", with_bench(course_lab.work)),
        ("grade", "The grade", with_bench(course_lab.grade)),
        ("by-hand", "The instructor grades and opens the gradebook", with_day(course_lab.by_hand)),
        ("leave", "The lab is stopped", with_bench(course_lab.leave)),
        ("contest", "The organizer plans a contest", with_day(contest.plan)),
        ("teams", "A team of two", with_day(contest.teams)),
        ("flag", "The flag", with_day(contest.flag)),
        ("challenge", "The notebook challenge", with_day(contest.notebook)),
        ("strangers", "What others may not see", with_day(people.strangers)),
        ("places", "The manager declares places", with_day(figures.declare)),
        ("publish", "The contest ends; its results are published", with_day(contest.publish)),
        ("figures", "The figures after the day", with_day(figures.after)),
        ("records", "The figures page and its records", with_day(figures.page)),
        ("verify", "The statement, verified offline", with_day(figures.verified)),
    ):
        report.run(name, title, action)
