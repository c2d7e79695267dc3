"""The table of a run's progress, in windows of any size."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from commandline.progress import Progress, Request, Resource, Status
from commandline.table import table
from lambdas.jobs.phases import Phase

RUNNING = Request("request", "RUNNING", "AwaitCampaigns")
SIZES = [(200, 24), (80, 24), (40, 24), (20, 10), (80, 3), (80, 1), (1, 1)]


def resource(number: int, status: Status, detail: str = "Running since 0 s") -> Resource:
    name = f"campaign-{number:03d}"
    return Resource((1, "0.0", name), name, "PAUSED", status, detail)


def fleet(size: int) -> tuple[Resource, ...]:
    """Mostly COMPLETE, with what a person has to see at the end."""
    done = size - 32
    return (
        *(resource(number, Status.COMPLETE, "Paused") for number in range(done)),
        *(resource(number, Status.IN_PROGRESS) for number in range(done, size - 2)),
        resource(size - 2, Status.WARNING, "it was Completed"),
        resource(size - 1, Status.FAILED, "IllegalTransition: it is Stopped"),
    )


def drawn(progress: Progress, width: int, height: int, **terminal: bool) -> list[str]:
    file = StringIO()
    Console(file=file, width=width, height=height, **terminal).print(  # type: ignore[arg-type]
        table(progress, width, height)
    )
    return file.getvalue().splitlines()


@pytest.mark.parametrize("size", [60, 250])
def test_failures_are_first_and_what_is_complete_is_a_number(size: int) -> None:
    head, request, *rows, rest = drawn(Progress("1,216 s", (RUNNING,), fleet(size)), 80, 23)

    counts = f"1 FAILED, 1 WARNING, 30 IN_PROGRESS, {size - 32} COMPLETE"
    assert head == f"1,216 s: {counts}"
    assert request == "request: RUNNING AwaitCampaigns"
    assert [row.split()[0] for row in rows] == ["FAILED", "WARNING"] + ["IN_PROGRESS"] * 18
    assert rows[0].split(maxsplit=3)[1:] == [
        f"campaign-{size - 1:03d}",
        "PAUSED",
        "IllegalTransition: it is Stopped",
    ]
    assert rest == f"and {size - 20} more resources: 12 IN_PROGRESS, {size - 32} COMPLETE"


def test_what_fits_is_shown_in_the_order_of_the_request() -> None:
    resources = (resource(0, Status.COMPLETE), resource(1, Status.FAILED))

    *_, first, second = drawn(Progress("now", (RUNNING,), resources), 80, 4)

    assert first.startswith("COMPLETE  campaign-000")
    assert second.startswith("FAILED    campaign-001")


def test_more_failures_than_lines_are_counted() -> None:
    failed = tuple(resource(number, Status.FAILED) for number in range(60))

    lines = drawn(Progress("now", (RUNNING,), failed), 80, 23)

    assert len(lines) == 23
    assert lines[-1] == "and 40 more resources: 40 FAILED"


def test_many_requests_leave_room_for_their_resources() -> None:
    requests = (
        *(Request(f"request {number}", "SUCCEEDED", "") for number in range(40)),
        Request("request 41", "FAILED", "no"),
    )

    lines = drawn(Progress("now", requests, fleet(60)), 80, 23)

    assert len(lines) == 23
    assert lines[1:3] == ["request 41: FAILED no", "and 40 more requests: 40 COMPLETE"]
    assert lines[3].startswith("FAILED")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("size", [32, 250])
def test_no_window_is_too_small(size: int, width: int, height: int) -> None:
    resources = (resource(0, Status.QUEUED, "選" * 300), *fleet(size))

    lines = drawn(Progress("now", (RUNNING, RUNNING), resources), width, height)

    assert len(lines) <= height
    assert max(len(line) + line.count("選") for line in lines) <= width


def test_a_narrow_window_keeps_status_name_and_state() -> None:
    *_, last = drawn(Progress("now", (RUNNING,), (resource(7, Status.IN_PROGRESS),)), 40, 23)

    assert last == "IN_PROGRESS  campaign-0…  Running since…"


def test_words_of_others_are_neither_markup_nor_emoji() -> None:
    failed = Resource((1, "0.0", ":a:"), ":a:[red]", "PAUSED", Status.FAILED, ":b: [link] why")

    *_, last = drawn(Progress("now", (RUNNING,), (failed,)), 80, 23)

    assert last == "FAILED  :a:[red]  PAUSED  :b: [link] why"


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    progress = Progress("now", (RUNNING,), (resource(0, Status.FAILED),))
    monkeypatch.delenv("NO_COLOR", raising=False)
    red = "\x1b[1;31mFAILED"

    assert red in drawn(progress, 80, 23, force_terminal=True)[-1]

    monkeypatch.setenv("NO_COLOR", "1")
    assert red not in drawn(progress, 80, 23, force_terminal=True)[-1]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_is_a_status_that_is_drawn(phase):
    shown = resource(0, Status(phase))
    assert any(phase in line for line in drawn(Progress("now", (RUNNING,), (shown,)), 80, 24))
