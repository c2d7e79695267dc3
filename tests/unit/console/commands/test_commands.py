"""What each command prints and returns, of a reading that a test says."""

from __future__ import annotations

import json

import pytest

from console import actions
from console.commands import confirm, page
from console.errors import AwsUnavailable, ConsoleError, NotRunning
from console.reading import Event, EventPage, Explanation, Request, RequestList, Span
from tests.unit.builders import SNAPSHOT, any_campaign_job, any_export_job
from tests.unit.console.commands.conftest import Run
from tests.unit.console.commands.fake_reading import (
    EXECUTIONS,
    FakeReading,
    any_resource,
    any_summary,
    running,
)

DONE = Request(summary=any_summary(), outcome={"phase": "COMPLETE"}, resources=(any_resource(),))
UNAVAILABLE = AwsUnavailable("no answer")


@pytest.fixture
def started(monkeypatch) -> list[tuple[object, str | None]]:
    """The requests that are started, with their names."""
    found: list[tuple[object, str | None]] = []

    def start(_stack, _session, request, name=None):
        found.append((request, name))
        return f"{EXECUTIONS}:{name or 'new'}"

    monkeypatch.setattr(actions, "start", start)
    return found


@pytest.fixture
def acted(monkeypatch) -> list[tuple[str, ...]]:
    """The executions that are canceled or repeated."""
    found: list[tuple[str, ...]] = []

    def again(_stack, _session, arn):
        found.append(("again", arn))
        return f"{EXECUTIONS}:new"

    monkeypatch.setattr(actions, "again", again)
    monkeypatch.setattr(
        actions, "cancel", lambda _stack, _session, arn, cause: found.append(("cancel", arn, cause))
    )
    return found


@pytest.fixture
def asked(monkeypatch):
    """Answers a question as a person at a terminal."""

    def answer(text):
        terminal = type("Terminal", (), {"isatty": lambda _: True, "readline": lambda _: text})
        monkeypatch.setattr(confirm.sys, "stdin", terminal())

    return answer


def listed(*names, next_=None, complete=True):
    return RequestList(requests=tuple(map(any_summary, names)), next=next_, complete=complete)


def test_a_list_is_of_as_many_pages_as_it_takes(run: Run, reading: FakeReading):
    reading.pages = {None: listed("a", "b", next_="2"), "2": listed("c", "d", next_="3")}

    ran = run("list", "--limit", "3", "--status", "succeeded", "--text", "x", "--output", "json")

    assert [each["name"] for each in json.loads(ran.out)["requests"]] == ["a", "b", "c"]
    assert [(each["page"], each["limit"]) for each in reading.asked] == [(None, 3), ("2", 1)]
    assert {(each["status"], each["text"]) for each in reading.asked} == {("SUCCEEDED", "x")}


def test_a_list_ends_at_the_first_request_that_is_too_old(run: Run, reading: FakeReading):
    old = any_summary("old", started_at="2001-01-01T00:00:00.000Z")
    young = any_summary("young", started_at="2100-01-01T00:00:00.000Z")
    reading.pages = {None: RequestList(requests=(young, old), next="2")}

    ran = run("list", "--since", "2h")

    assert "young" in ran.out
    assert "old" not in ran.out


def test_a_page_is_read_again_until_it_is_complete(run: Run, reading: FakeReading):
    reading.pages = {None: listed("a", complete=False)}

    ran = run("list")

    assert len(reading.asked) == 10
    assert ran.err == "Not all of them have been read: repeat the command to see more\n"


def test_a_list_says_if_there_may_be_more(run: Run, reading: FakeReading):
    reading.pages = {None: listed("a", next_="2")}
    assert run("list", "--limit", "1").err == "There may be more: --limit 2\n"


def test_a_request_is_shown_as_a_table_or_as_json(run: Run, reading: FakeReading):
    reading.requests = (DONE,)

    ran = run("show", "night-1")

    assert (ran.code, ran.err) == (0, "")
    assert "COMPLETE  c-1  PAUSED  Paused" in ran.out
    assert json.loads(run("show", "night-1", "--output", "json").out) == DONE.as_json()


def test_all_pages_of_a_history_are_shown(run: Run, reading: FakeReading):
    reading.requests = (DONE,)
    at = "2026-01-01T00:00:00.000Z"
    events = [
        Event(id=number, at=at, type="TaskStateEntered", state_name=f"State{number}")
        for number in (1, 2, 3)
    ]
    reading.history = [
        EventPage(events=(event,), next=str(event.id) if event.id < 3 else None) for event in events
    ]

    assert run("show", "night-1", "--events").out.splitlines() == [
        f"{number}  2026-01-01 00:00:00  TaskStateEntered  State{number}" for number in (1, 2, 3)
    ]
    as_json = json.loads(run("show", "night-1", "--events", "--output", "json").out)
    assert as_json == [event.as_json() for event in events]


def test_why_prints_the_explanation(run: Run, reading: FakeReading):
    reading.explanation = Explanation(headline="it failed", lines=("c-1: why",), hint="do this")

    assert run("why", "night-1").out.splitlines() == ["it failed", "  c-1: why", "hint: do this"]
    assert json.loads(run("why", "night-1", "--output", "json").out)["hint"] == "do this"


def test_a_request_is_followed_to_its_end(run: Run, reading: FakeReading):
    def span(state, at):
        return Span(state=state, phase="IN_PROGRESS", **{"from": at})

    first, last = "2026-01-01T00:00:00.000Z", "2026-01-01T00:20:04.000Z"
    runs = Request(
        summary=running(),
        resources=(any_resource(phase="IN_PROGRESS", spans=(span("Running", first),)),),
    )
    ended = any_resource(
        spans=(span("Running", first), span("Paused", last)), ended_at=last, state="Paused"
    )
    reading.requests = (
        runs, runs, UNAVAILABLE, runs, DONE.model_copy(update={"resources": (ended,)}),
    )  # fmt: skip

    ran = run("show", "night-1", "--follow")

    assert ran.code == 0
    assert ran.err.splitlines() == [
        f"[{first}] night-1: started",
        f"[{first}] c-1: is Running",
        f"[{last}] c-1: is Paused",
        f"[{last}] night-1: SUCCEEDED",
    ]
    assert "COMPLETE  c-1" in ran.out


def test_a_failed_request_that_was_followed_exits_1(run: Run, reading: FakeReading):
    failed = any_resource(
        phase="FAILED", reason="Why", message="it is", ended_at="2026-01-01T00:00:01.000Z"
    )
    summary = any_summary(status="FAILED", phase="FAILED")
    reading.requests = (Request(summary=summary, outcome={}, resources=(failed,)),)

    ran = run("show", "night-1", "--follow")

    assert ran.code == 1
    assert "c-1: FAILED: Why: it is" in ran.err
    assert run("show", "night-1").code == 0


def test_following_prints_nothing_beside_json(run: Run, reading: FakeReading):
    reading.requests = (Request(summary=running()), DONE)

    ran = run("show", "night-1", "--follow", "--output", "json")

    assert json.loads(ran.out) == DONE.as_json()
    assert ran.err == ""


def test_following_ends_when_aws_stays_silent(run: Run, reading: FakeReading):
    reading.requests = (Request(summary=running()), UNAVAILABLE)

    ran = run("show", "night-1", "--follow")

    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "orchestrator: no answer"
    assert reading.reads == 1 + 30


def test_a_short_form_is_started(run: Run, reading: FakeReading, started):
    ran = run("start", "stop", "winter-sale", "--name", "mine", "--dry-run",
              "--description", "why", "--correlation-id", "night-2")  # fmt: skip

    assert ran.out == "started mine; follow it: orchestrator show mine --follow\n"
    request = {
        "kind": "campaigns",
        "target": "STOPPED",
        "campaign_ids": ["winter-sale"],
        "correlation_id": "night-2",
        "description": "why",
        "dry_run": True,
    }
    assert started == [(request, "mine")]


def test_a_file_is_started_as_it_is(run: Run, reading: FakeReading, started, tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(any_export_job()))

    ran = run("start", path, "--output", "json")

    assert json.loads(ran.out) == {"execution_arn": f"{EXECUTIONS}:new", "name": "new"}
    assert started == [(any_export_job(), None)]


def test_standard_input_is_started(run: Run, reading: FakeReading, started, monkeypatch):
    text = json.dumps(any_campaign_job()).encode()
    buffer = type("Buffer", (), {"read": lambda _: text})()
    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": buffer})())

    assert run("start", "-").code == 0
    assert started == [(any_campaign_job(), None)]


@pytest.mark.parametrize(
    "request_",
    [
        any_campaign_job(target="STOPED"),
        any_export_job(source_arn=SNAPSHOT.replace("us-east-1", "eu-west-1")),
    ],
)
def test_a_wrong_request_is_not_started(run: Run, reading, started, tmp_path, request_):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request_))

    ran = run("start", path)
    as_json = run("start", path, "--output", "json")

    assert (ran.code, ran.out, started) == (2, "", [])
    [line] = ran.err.splitlines()
    assert line.startswith(("orchestrator: target must", "orchestrator: source_arn is in"))
    [fault] = json.loads(as_json.err)["error"]["faults"]
    assert fault["field"] in ("target", "source_arn")


def test_an_event_is_not_given_a_description(run: Run, reading: FakeReading, started, tmp_path):
    path = tmp_path / "event.json"
    path.write_text(
        json.dumps({"detail-type": "Orchestration Requested", "detail": any_campaign_job()})
    )

    ran = run("start", path, "--description", "mine")

    assert (ran.code, started) == (2, [])
    assert "--description cannot be said of an event" in ran.err


def test_what_is_started_is_followed(run: Run, reading: FakeReading, started):
    reading.requests = (Request(summary=running()), DONE)

    ran = run("start", "pause", "c-1", "--follow")

    assert ran.code == 0
    assert ran.err.startswith("Started new\n")
    assert "night-1  SUCCEEDED" in ran.out


def test_a_name_of_another_request_is_an_error(run: Run, reading: FakeReading, monkeypatch):
    def refuse(*_arguments):
        raise ConsoleError("another request was named mine")

    monkeypatch.setattr(actions, "start", refuse)

    ran = run("start", "pause", "c-1", "--name", "mine")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "orchestrator: another request was named mine\n"


RUNNING = Request(
    summary=running(),
    input={
        "jobs": [
            any_campaign_job(on_abort="restore"),
            any_export_job(on_abort="cancel"),
            {
                "kind": "snapshot",
                "target": "AVAILABLE",
                "db_instance": "shop",
                "on_abort": "delete",
            },
        ]
    },
    resources=(any_resource(phase="IN_PROGRESS", state="Running"),),
)
ABORTED = any_summary(status="ABORTED", phase="FAILED")
CLEANED = Request(
    summary=ABORTED,
    clean_up=any_summary("clean-up", cleans_up=ABORTED.execution_arn),
    outcome={"phase": "FAILED"},
)


def test_canceling_names_what_it_does_and_follows_the_clean_up(
    run: Run, reading: FakeReading, acted, asked
):
    begun = CLEANED.model_copy(update={"clean_up": running("clean-up")})
    reading.requests = (RUNNING, Request(summary=ABORTED), begun, CLEANED)
    asked("y\n")

    ran = run("cancel", "night-1")

    assert ran.code == 0
    lines = ran.err.splitlines()
    assert lines[:6] == [
        "night-1 is running:",
        "  c-1: IN_PROGRESS Running",
        "Its execution is stopped, and its clean-up undoes what the request says:",
        "  campaigns that it has changed are restored: c-1",
        "  the export that it has started is canceled: snapshot:orders",
        "  the snapshot that it has created is deleted: of DB instance shop",
    ]
    assert lines[6] == "Cancel it? [y/N] Stopped night-1; its clean-up follows"
    assert lines[-1].endswith("night-1: its clean-up has ended: SUCCEEDED")
    [(verb, arn, cause)] = acted
    assert (verb, arn) == ("cancel", RUNNING.summary.execution_arn)
    assert cause.startswith("canceled by ")
    assert "its clean-up: clean-up SUCCEEDED" in ran.out


def test_a_clean_up_that_failed_exits_1(run: Run, reading: FakeReading, acted):
    failed = any_summary("clean-up", status="FAILED")
    reading.requests = (RUNNING, CLEANED.model_copy(update={"clean_up": failed}))

    assert run("cancel", "night-1", "--yes").code == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yess\n"])
def test_nothing_is_canceled_without_a_yes(run: Run, reading, acted, asked, answer):
    reading.requests = (RUNNING,)
    asked(answer)

    ran = run("cancel", "night-1")

    assert (ran.code, acted) == (1, [])
    assert ran.err.endswith("orchestrator: nothing was changed\n")


def test_what_cannot_be_asked_needs_yes(run: Run, reading: FakeReading, acted):
    reading.requests = (RUNNING,)

    ran = run("cancel", "night-1")

    assert (ran.code, acted) == (2, [])
    assert "nobody can be asked here: say --yes" in ran.err


def test_canceling_says_if_nothing_is_undone(run: Run, reading: FakeReading, acted, asked):
    left = RUNNING.model_copy(update={"input": any_campaign_job()})
    reading.requests = (left,)
    asked("n\n")
    assert "What it has changed or started stays" in run("cancel", "night-1").err


def test_what_has_ended_cannot_be_canceled(run: Run, reading: FakeReading, acted):
    reading.requests = (DONE,)

    ran = run("cancel", "night-1", "--yes", "--output", "json")

    assert (ran.code, acted) == (1, [])
    assert json.loads(ran.err)["error"]["type"] == NotRunning.__name__


def test_a_request_is_started_again(run: Run, reading: FakeReading, acted, asked):
    reading.requests = (DONE.model_copy(update={"input": any_campaign_job()}),)
    asked("yes\n")

    ran = run("again", "night-1")

    assert ran.code == 0
    assert acted == [("again", DONE.summary.execution_arn)]
    assert ran.err == (
        "night-1 is started once more, with the same input:\n  pause c-1\nStart it again? [y/N] "
    )
    assert ran.out == "started new; follow it: orchestrator show new --follow\n"


def test_the_page_is_served_of_the_named_stack(run: Run, monkeypatch):
    served = []
    monkeypatch.setattr(
        page, "serve", lambda *arguments, **named: served.append((*arguments, named))
    )

    ran = run("page", "--stack", "Second", "--region", "eu-west-1", "--port", "8123", "--no-open")

    assert ran.code == 0
    [(stack, session, port, named)] = served
    assert (stack, session.region_name, port) == ("Second", "eu-west-1", 8123)
    assert named == {"open_browser": False}


def test_a_schema_is_printed(run: Run):
    assert json.loads(run("schema").out)["title"] == "Request"
    assert json.loads(run("schema", "outcome", "--output", "json").out)["title"] == "Outcome"
