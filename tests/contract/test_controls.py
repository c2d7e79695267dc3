"""The controls of the local AWS: who may use them, and what they do."""

from __future__ import annotations

import json

import pytest

from localcloud.clock import VirtualClock
from localcloud.controls import HEADER, Controls
from localcloud.gateway import CONTROLS
from localcloud.simulators.server import Request

CALLER = {"host": "localhost:4566", HEADER: "1"}
ARN = "arn:aws:rds:us-east-1:123456789012:snapshot:nightly"
WORLD = {
    "campaigns": [{"id": "a"}, {"id": "b", "state": "Paused"}],
    "databases": [{"id": "shop"}],
    "snapshots": [{"arn": ARN}],
    "exports": [{"export_id": "export-1", "source_arn": ARN}],
    "faults": [{"operation": "PauseCampaign", "error": "ThrottlingException", "times": 1}],
}


@pytest.fixture
def world(simulate):
    return simulate(**WORLD)


@pytest.fixture
def ask(world):
    return asking(Controls(world.clock, world.simulators, lambda: ["arn:of:an:execution"]))


def asking(controls):
    def ask(method, name="", body=None, *, status=200, headers=CALLER):
        content = b"" if body is None else json.dumps(body).encode()
        response = controls.respond(Request(method, CONTROLS + name, content, headers))
        answer = json.loads(response.body)
        assert response.status == status, answer
        return answer

    return ask


def test_the_state_names_all_that_exists(ask):
    state = ask("GET")

    assert [(one["id"], one["state"]) for one in state["campaigns"]] == [
        ("a", "Running"),
        ("b", "Paused"),
    ]
    assert state["databases"] == [{"id": "shop", "kind": "instance", "state": "available"}]
    assert state["snapshots"] == [
        {"arn": ARN, "type": "manual", "state": "available", "percent": 100}
    ]
    (export,) = state["exports"]
    assert (export["id"], export["state"], export["percent"]) == ("export-1", "IN_PROGRESS", 6)
    assert state["faults"] == [
        {"number": 0, "operation": "PauseCampaign", "error": "ThrottlingException", "times": 1}
    ]
    assert state["acts"]["StopCampaign"] == "campaign_id"
    assert state["speed"] is None


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        ({"operation": "StopCampaign", "campaign_id": "a"}, [("a", "Stopped")]),
        ({"operation": "FailCampaign", "campaign_id": "b"}, [("b", "Failed")]),
        ({"operation": "CreateCampaign", "campaign_id": "a"}, []),
        ({"operation": "CancelExportTask", "source_arn": ARN}, [(ARN, "CANCELING")]),
        ({"operation": "DeleteSnapshot", "arn": ARN}, [(ARN, "deleting")]),
        ({"operation": "CreateSnapshot", "arn": f"{ARN}-2"}, []),
    ],
    ids=lambda given: given["operation"] if isinstance(given, dict) else "",
)
def test_another_caller_acts_and_the_answer_says_what_changed(ask, act, changes):
    answer = ask("POST", "act", act)

    assert [(one["id"], one["state"]) for one in answer["changes"]] == changes


def test_what_another_caller_did_is_in_the_world_its_events_and_no_ledger_of_calls(world, ask):
    ask("POST", "act", {"operation": "StopCampaign", "campaign_id": "a"})
    world.advance(10)

    assert world.v2.get_campaign_state(id="a")["state"] == "Stopped"
    assert [event["detail"]["eventName"] for event in world.events] == ["StopCampaign"]
    assert world.ledger.calls == {"GetCampaignState": 1}


def test_an_abort_stops_what_runs(ask):
    assert ask("POST", "act", {"operation": "AbortExecution"}) == {
        "aborted": ["arn:of:an:execution"]
    }


@pytest.mark.parametrize(
    ("act", "status", "message"),
    [
        ({"operation": "StopCampaign"}, 400, "StopCampaign needs campaign_id"),
        ({"operation": "StopCampaign", "campaign_id": "a", "at_s": 1}, 400, "at_s: "),
        ({"operation": "StopCampaigns", "campaign_id": "a"}, 400, "operation: "),
        ({"operation": "AbortExecution", "arn": ARN}, 400, "AbortExecution does not take arn"),
        ([], 400, "should be an object"),
        (
            {"operation": "StartCampaign", "campaign_id": "a"},
            409,
            "InvalidCampaignStateException: StartCampaign is not valid for a campaign in state R",
        ),
        (
            {"operation": "StopCampaign", "campaign_id": "nobody"},
            409,
            "ResourceNotFoundException: There is no campaign with id nobody",
        ),
        (
            {"operation": "FailCampaign", "campaign_id": "nobody"},
            409,
            "ResourceNotFoundException: There is no campaign with id nobody",
        ),
        ({"operation": "CreateSnapshot", "arn": ARN}, 409, "DBSnapshotAlreadyExists: "),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(ask, act, status, message):
    before = ask("GET")

    assert message in ask("POST", "act", act, status=status)["message"]
    assert ask("GET") == before


def test_a_fault_of_calls_holds_until_it_is_removed(world, ask):
    fault = {"operation": "GetCampaignState", "error": "ThrottlingException", "rate": 1}
    number = ask("POST", "faults", {"add": fault})["added"]
    assert ask("GET")["faults"][1] == {"number": number, **fault}
    with pytest.raises(world.v2.exceptions.ThrottlingException):
        world.v2.get_campaign_state(id="a")

    ask("POST", "faults", {"remove": number})

    assert world.v2.get_campaign_state(id="a")["state"] == "Running"
    assert [one["number"] for one in ask("GET")["faults"]] == [0]
    assert "no fault 1" in ask("POST", "faults", {"remove": number}, status=404)["message"]


def test_dropped_events_are_counted(world, ask):
    number = ask("POST", "faults", {"add": {"event": "StopCampaign", "drop": 1}})["added"]
    ask("POST", "act", {"operation": "StopCampaign", "campaign_id": "a"})
    ask("POST", "faults", {"remove": number})
    ask("POST", "act", {"operation": "StopCampaign", "campaign_id": "b"})
    world.advance(10)

    assert [event["detail"]["requestParameters"]["id"] for event in world.events] == ["b"]
    assert ask("GET")["events_dropped"] == {"StopCampaign": 1}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "must be"),
        ({"add": {"operation": "Fly", "error": "Any"}}, "operation: "),
        ({"add": {"event": "*", "drop": 2}}, "drop: "),
        ({"add": {"event": "*"}, "remove": 0}, "must be"),
        ({"remove": "0"}, "must be"),
    ],
)
def test_a_wrong_fault_is_refused_in_words(ask, body, message):
    assert message in ask("POST", "faults", body, status=400)["message"]


@pytest.mark.parametrize(("name", "body"), [("speed", {"speed": 10}), ("jump", {})])
def test_without_a_speed_there_is_no_pace_to_change(ask, name, body):
    assert "time has no speed" in ask("POST", name, body, status=409)["message"]


def test_the_speed_changes_and_the_next_moment_comes_at_once(world):
    clock = VirtualClock(speed=0.001)
    ask = asking(Controls(clock, world.simulators, list))
    try:
        assert "nothing is due" in ask("POST", "jump", {}, status=409)["message"]
        due = clock.now() + 3600
        clock.at(due, "something", lambda: None)
        with clock.turn("the test"):
            next_jump = ask("GET")["next_jump"]
            assert ask("POST", "jump", {}) == {"to": next_jump}
        with clock.turn("the test"):
            state = ask("GET")
        assert next_jump <= state["read_at"]
        assert state["next_jump"] is None

        assert ask("POST", "speed", {"speed": 600}) == {"speed": 600}
        for speed in (0, -1, 1e9, "60", True, None):
            ask("POST", "speed", {"speed": speed}, status=400)
        assert clock.speed == 600
    finally:
        clock.close()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost:4566"},
        {**CALLER, "origin": "http://localhost:4566"},
        {**CALLER, "origin": "null"},
        {**CALLER, "host": "evil.example:4566"},
        {**CALLER, "host": "localhost.evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_is_refused(ask, headers, method):
    name = "" if method == "GET" else "act"
    act = {"operation": "StopCampaign", "campaign_id": "a"}

    ask(method, name, act, status=403, headers=headers)

    assert ask("GET")["campaigns"][0]["state"] == "Running"


@pytest.mark.parametrize(
    ("method", "name", "status"),
    [("GET", "act", 405), ("POST", "", 404), ("GET", "fly", 404), ("DELETE", "faults", 405)],
)
def test_other_paths_and_methods_are_refused(ask, method, name, status):
    ask(method, name, {}, status=status)
