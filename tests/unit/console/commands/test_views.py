"""Requests as text: in windows of any width, and whatever ids and messages are made of."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text

from console import output
from console.output import safe_json
from console.reading import Event, Explanation, PlannedJob, Request, Stage, Wait
from console.views import (
    MAX_SHOWN_CHARACTERS,
    events_view,
    explanation_view,
    list_view,
    live_view,
    request_view,
)
from tests.unit.console.commands.fake_reading import any_resource, any_summary, running

HOSTILE = "[red]<b>\x1b]0;owned\x07\x1b[31m\u202eevil\u2066\r\n" + "x" * 10_000
WAIT = Wait(
    state_name="AwaitExportSlot",
    reason="waits for a slot since 14:02, 5 of 5 in use",
    since="2026-01-01T14:02:00.000Z",
)
REQUESTS = (
    running("nightly-2026-11-20", description="Pause, export, resume"),
    any_summary("b7e0b8a5-5f0c-4b0e-9c5f-0a0c7c1f1c11", dry_run=True),
    any_summary(
        "failed", status="FAILED", phase="FAILED", summary="1 of 2 did not reach", description="x"
    ),
    any_summary("cleaning", cleans_up="arn:aws:states:r:a:execution:m:first"),
    any_summary("unread", read=False),
)
REQUEST = Request(
    summary=running(description="a test"),
    stages=(
        Stage(
            number=0,
            run="always",
            phase="IN_PROGRESS",
            jobs=(
                PlannedJob(label="pause", id="pause", kind="campaigns", target="PAUSED"),
                *(PlannedJob(label=f"0.{n}", kind="export", target="COMPLETE") for n in (1, 2)),
            ),
        ),
    ),
    resources=(
        any_resource("c-1", name="Winter sale"),
        any_resource("c-2", warnings=("it was Completed",)),
        any_resource(
            "c-3", phase="FAILED", reason="IllegalTransition", message="it cannot be paused"
        ),
        any_resource("c-4", phase="PLANNED", would=("PauseCampaign",), state="Running"),
        any_resource(
            "arn:aws:rds:us-east-1:123456789012:snapshot:orders",
            kind="export",
            target="COMPLETE",
            phase="QUEUED",
            state=None,
            wait=WAIT,
        ),
        any_resource("c-6", phase="IN_PROGRESS", state="IN_PROGRESS", percent=62),
    ),
    waits_for="snapshot:orders waits for a slot",
    incomplete=("the history of one child execution",),
)


def drawn(text: Text, width: int) -> list[str]:
    return output.drawn(text, Console(file=StringIO(), width=width)).splitlines()


def test_a_pipe_holds_all_of_a_list() -> None:
    assert [line.rstrip() for line in list_view(REQUESTS, None).plain.splitlines()] == [
        "STATUS     REQUEST                               STARTED (UTC)        TOOK        WHAT",
        "RUNNING    nightly-2026-11-20                    2026-01-01 00:00:00              "
        "Pause, export, resume",
        "SUCCEEDED  b7e0b8a5-5f0c-4b0e-9c5f-0a0c7c1f1c11  2026-01-01 00:00:00  20 min 4 s  "
        "dry run: 1 of 1 reached their targets",
        "FAILED     failed                                2026-01-01 00:00:00  20 min 4 s  "
        "1 of 2 did not reach",
        "SUCCEEDED  cleaning                              2026-01-01 00:00:00  20 min 4 s  "
        "clean-up after first",
        "SUCCEEDED  unread                                2026-01-01 00:00:00  20 min 4 s  "
        "not read yet",
    ]


def test_no_requests_are_said() -> None:
    assert list_view((), None).plain == "no requests"


@pytest.mark.parametrize("width", [20, 40, 79, 80, 120, 200])
def test_no_line_of_a_list_is_wider_than_the_window(width: int) -> None:
    requests = (*REQUESTS, any_summary("選" * 30, description=HOSTILE))
    text = list_view(requests, width)
    assert max(Text(line).cell_len for line in text.plain.splitlines()) <= width
    lines = drawn(text, width)
    assert len(lines) == (2 * len(requests) if width < 80 else 1 + len(requests))


def test_a_narrow_list_has_status_and_name_first() -> None:
    first, second, *_ = drawn(list_view(REQUESTS, 40), 40)
    assert first.rstrip() == "RUNNING  nightly-2026-11-20"
    assert second.startswith("  2026-01-01 00:00:00  Pause, export")


def test_a_request_is_shown_with_its_waits_and_its_results() -> None:
    lines = [line.rstrip() for line in request_view(REQUEST, None).plain.splitlines()]
    assert lines == [
        "night-1  RUNNING",
        "a test",
        "started 2026-01-01 00:00:00 (UTC)",
        f"execution {REQUEST.summary.execution_arn}",
        "waits: snapshot:orders waits for a slot",
        "stage 1, always: IN_PROGRESS: campaigns PAUSED (pause), 2 x export COMPLETE",
        "",
        "6 resources: 1 FAILED, 1 WARNING, 1 QUEUED, 1 IN_PROGRESS, 1 COMPLETE, 1 PLANNED",
        "COMPLETE     Winter sale (c-1)  PAUSED    Paused",
        "WARNING      c-2                PAUSED    it was Completed",
        "FAILED       c-3                PAUSED    IllegalTransition: it cannot be paused",
        "PLANNED      c-4                PAUSED    would call PauseCampaign",
        "QUEUED       snapshot:orders    COMPLETE  waits for a slot since 14:02, 5 of 5 in use",
        "IN_PROGRESS  c-6                PAUSED    IN_PROGRESS 62 %",
        "not read: the history of one child execution",
    ]


def test_an_ended_request_names_its_clean_up() -> None:
    summary = any_summary(status="ABORTED", dry_run=True)
    shown = request_view(Request(summary=summary, clean_up=any_summary("c1")), None).plain
    assert "ended 2026-01-01 00:20:04 after 20 min 4 s (UTC)" in shown
    assert "its clean-up: c1 SUCCEEDED" in shown
    assert "a dry run: nothing is changed" in shown
    cleaning = Request(summary=any_summary(cleans_up="arn:x:first"))
    assert "cleans up after arn:x:first" in request_view(cleaning, None).plain


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_row_of_a_request_is_wider_than_the_window_and_its_arn_is_whole(width: int) -> None:
    lines = drawn(request_view(REQUEST, width), width)
    rows = lines[lines.index("") + 1 : -1]
    assert len(rows) == 1 + len(REQUEST.resources)
    assert max(map(len, rows)) <= width
    assert f"execution {REQUEST.summary.execution_arn}" in lines


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (20, 3)])
def test_the_progress_fits_its_window(width: int, height: int) -> None:
    many = tuple(any_resource(f"c-{n}", phase="IN_PROGRESS") for n in range(250))
    lines = drawn(live_view(REQUEST.model_copy(update={"resources": many}), width, height), width)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_what_others_wrote_is_shown_as_text() -> None:
    hostile = Request(
        summary=any_summary(HOSTILE, correlation_id=HOSTILE, description=HOSTILE, summary=HOSTILE),
        stages=(
            Stage(number=0, run="on_success", phase="FAILED",
                  jobs=(PlannedJob(label=HOSTILE, id=HOSTILE, kind="export", target=HOSTILE),)),
        ),
        resources=(
            any_resource(HOSTILE, name=HOSTILE, phase="FAILED", reason=HOSTILE, message=HOSTILE),
        ),
        waits_for=HOSTILE,
        incomplete=(HOSTILE,),
    )  # fmt: skip
    event = Event(id=1, at=HOSTILE, type=HOSTILE, state_name=HOSTILE)
    explanation = Explanation(headline=HOSTILE, lines=(HOSTILE,), hint=HOSTILE)
    for text in (
        list_view((hostile.summary,), None),
        request_view(hostile, None),
        live_view(hostile, 300, 50),
        events_view((event,), None),
        explanation_view(explanation),
    ):
        printed = "\n".join(drawn(text, 1_000))
        assert "[red]<b>\\x1b]0;owned\\x07\\x1b[31m\\u202eevil" in printed
        assert all(character.isprintable() or character == "\n" for character in printed)
    rows = list_view((hostile.summary,), None).plain.splitlines()
    assert len(rows[1]) < 4 * MAX_SHOWN_CHARACTERS


def test_json_is_whole_and_cannot_act_on_a_terminal() -> None:
    text = safe_json({"id": HOSTILE, "name": "Zürich 選", "emoji \U000e0001": "\x9b31m"})
    assert json.loads(text) == {
        "id": HOSTILE, "name": "Zürich 選", "emoji \U000e0001": "\x9b31m",
    }  # fmt: skip
    assert "Zürich 選" in text
    assert all(character.isprintable() or character == "\n" for character in text)


def test_an_explanation_is_wrapped_and_not_cut() -> None:
    explanation = Explanation(headline="why " * 20, lines=("because " * 20,), hint="do this " * 40)
    lines = drawn(explanation_view(explanation), 40)
    assert max(map(len, lines)) <= 40
    assert " ".join(" ".join(lines).split()).count("do this") == 40
