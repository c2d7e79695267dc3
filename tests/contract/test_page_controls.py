"""The page acts on the local AWS through its controls, and on nothing else."""

from __future__ import annotations

import boto3
import pytest

from console.errors import AwsUnavailable
from console.page.controls import Controls, ControlsRefused
from localcloud.controls import Controls as OfTheLocalAws
from localcloud.simulators.server import Response, Server


def session():
    return boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )


@pytest.fixture
def world(simulate):
    return simulate(campaigns=[{"id": "a"}])


@pytest.fixture
def at_endpoint(world, monkeypatch):
    """Have an AWS endpoint answer in a way, and return what a session finds there."""
    servers = []

    def at(respond):
        server = Server(respond, world.clock)
        server.__enter__()
        servers.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        return Controls.of(session())

    with world.clock.released():
        yield at
        for server in servers:
            server.__exit__()


@pytest.fixture
def controls(world, at_endpoint):
    return at_endpoint(OfTheLocalAws(world.clock, world.simulators, list).respond)


def test_they_are_found_at_the_endpoint_and_do_what_they_are_asked(world, controls):
    assert [one["id"] for one in controls.call("GET", "")["campaigns"]] == ["a"]

    controls.call("POST", "act", {"operation": "StopCampaign", "campaign_id": "a"})

    assert controls.call("GET", "")["campaigns"][0]["state"] == "Stopped"
    assert world.ledger.calls == {}


def test_a_refusal_says_why(controls):
    with pytest.raises(ControlsRefused, match="ResourceNotFoundException: There is no campaign"):
        controls.call("POST", "act", {"operation": "StopCampaign", "campaign_id": "b"})


def test_a_local_endpoint_without_them_has_none(at_endpoint):
    assert at_endpoint(lambda _: Response(404, b"{}", "application/json")) is None
    assert at_endpoint(lambda _: Response(200, b"<html>", "text/html")) is None


def test_who_does_not_answer_is_unavailable():
    with pytest.raises(AwsUnavailable, match="does not answer"):
        Controls("127.0.0.1:1").call("GET", "")


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "http://10.0.0.1",
        "https://127.0.0.1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0x7f.1.example",
    ],
)
def test_any_other_endpoint_is_not_even_asked(monkeypatch, endpoint):
    def ask(*_):
        raise AssertionError("it was asked")

    monkeypatch.setattr(Controls, "call", ask)
    if endpoint is None:
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    assert Controls.of(session()) is None
