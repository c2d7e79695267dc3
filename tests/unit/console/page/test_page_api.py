"""What the page reads and does."""

from __future__ import annotations

import json
import threading

import pytest
from starlette.testclient import TestClient

from console import actions
from console.errors import AmbiguousReference, AwsUnavailable, NotRunning, StackNotFound
from console.page.api import Api
from console.page.connection import Connection
from console.page.live import Live
from console.page.routes import application
from console.page.threads import Threads
from tests.unit.console.page.fake_reading import EXECUTIONS, FakeReading, connection, summary

THREADS = Threads(4)
STRANGE = {
    "markup": "<script>alert(1)</script>\"'&amp;",
    "right to left": "abc\u202efed\u200f \u200e\u2066x\u2069",
    "long": "x" * 10_000,
    "separators": "a\u2028b\u2029c\nd\x00e\x1b[31m",
    "lone surrogate": "\ud800",
    "event": "x\n\ndata: y\nevent: list",
}
REQUEST = {"kind": "campaigns", "campaign_ids": ["a"], "target": "PAUSED"}


def page(to):
    return TestClient(application(Api(to), Live(THREADS), THREADS))


@pytest.fixture
def reading():
    return FakeReading(summary("one"), summary("two", status="FAILED"))


@pytest.fixture
def opened(reading):
    return page(connection(reading))


@pytest.fixture
def started(monkeypatch):
    """The executions that were started, each with its request and its name."""
    executions = []

    def start(_stack, _session, request, name=None):
        executions.append((request, name))
        return f"{EXECUTIONS}:{name}"

    monkeypatch.setattr(actions, "start", start)
    return executions


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_ids_and_messages_come_through_as_data(reading, opened, text):
    reading.summaries[:] = [summary("one", correlation_id=text, summary=text)]

    response = opened.get("/api/request", params={"ref": "one"})

    assert response.headers["content-type"] == "application/json"
    shown = response.json()["summary"]
    assert (shown["correlation_id"], shown["summary"]) == (text, text)
    assert response.content.isascii()


@pytest.mark.parametrize("text", [text for text in STRANGE.values() if text.isprintable()])
def test_any_text_is_a_reference(reading, opened, text):
    reading.summaries[:] = [summary("one", correlation_id=text)]

    assert opened.get("/api/request", params={"ref": text}).json()["summary"]["name"] == "one"


def test_the_list_is_filtered(opened):
    def names(**query):
        return [one["name"] for one in opened.get("/api/requests", params=query).json()["requests"]]

    assert names() == ["one", "two"]
    assert names(status="FAILED") == ["two"]
    assert names(text="on") == ["one"]
    assert names(limit=1) == ["one"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("requests?limit=0", "limit: "),
        ("requests?limit=201", "limit: "),
        ("requests?limit=x", "limit: "),
        ("request", "ref: is missing"),
        ("events?arn=", "arn: is missing"),
        ("live?watch=all", "watch: must be"),
    ],
)
def test_a_wrong_query_is_refused_in_words(opened, path, message):
    response = opened.get(f"/api/{path}")

    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(message)


def test_what_is_not_there_is_said_in_words(opened):
    response = opened.get("/api/request", params={"ref": "three"})

    assert response.status_code == 404
    assert response.json() == {
        "error": {"code": "RequestNotFound", "message": "there is no request 'three'"}
    }


def test_an_ambiguous_reference_names_what_it_may_be(reading, opened, monkeypatch):
    error = AmbiguousReference("several", ["arn:1", "arn:2"])
    monkeypatch.setattr(reading, "request", lambda _: (_ for _ in ()).throw(error))

    response = opened.get("/api/request", params={"ref": "any"})

    assert (response.status_code, response.json()["error"]["execution_arns"]) == (
        409,
        ["arn:1", "arn:2"],
    )


@pytest.mark.parametrize(
    "error", [StackNotFound("there is no stack"), AwsUnavailable("no credentials")]
)
def test_without_aws_the_page_is_there_and_says_what_is_wrong(error):
    searches = []

    def find():
        searches.append(1)
        raise error

    opened = page(Connection(find))

    for path in ("stack", "requests", "slots", "request?ref=x"):
        response = opened.get(f"/api/{path}")
        assert response.status_code == 503
        assert response.json()["error"] == {"code": type(error).__name__, "message": str(error)}
    assert len(searches) == 1, "what polls does not search each time"
    checked = opened.post("/api/check", json={"request": REQUEST}).json()
    assert checked["valid"]
    assert {one["name"] for one in opened.get("/api/examples").json()} >= {"stop-fleet"}
    assert opened.get("/api/schema").json()["title"] == "Request"


def test_a_request_is_checked_against_the_stack(opened):
    request = {"kind": "export", "target": "COMPLETE", "source_arn": "arn:aws:rds:eu-west-1:1:x"}

    checked = opened.post("/api/check", json={"request": request}).json()

    assert not checked["valid"]
    assert [fault["field"] for fault in checked["faults"]] == ["source_arn"]


def test_a_check_says_what_the_request_would_do_and_what_its_clean_up_would_undo(opened):
    request = {**REQUEST, "on_abort": "restore"}

    checked = opened.post("/api/check", json={"request": request}).json()

    assert checked["stages"] == [{"run": "on_success", "jobs": ["pause a"]}]
    assert checked["undone"] == ["campaigns that it has changed are restored: a"]
    assert opened.post("/api/check", json={"request": REQUEST}).json()["undone"] == []
    assert opened.post("/api/check", json={"request": 1}).json()["undone"] == []


def test_a_request_is_started_by_the_name_that_the_page_chose(opened, started):
    response = opened.post("/api/start", json={"request": REQUEST, "name": "click-1"})

    assert response.json() == {
        "execution_arn": f"{EXECUTIONS}:click-1",
        "done": "Started the request as execution click-1.",
    }
    assert started == [(REQUEST, "click-1")]


def test_an_invalid_request_is_not_started(opened, started):
    response = opened.post("/api/start", json={"request": {"kind": "x"}, "name": "click-1"})

    assert response.status_code == 422
    assert response.json()["error"]["faults"][0]["field"] == "kind"
    assert started == []


def test_a_double_click_starts_one_execution(opened, started, monkeypatch):
    two_arrived, start = threading.Barrier(2), actions.start

    def slow_start(*arguments, **named):
        two_arrived.wait(5)
        return start(*arguments, **named)

    monkeypatch.setattr(actions, "start", slow_start)
    answers = []
    body = {"request": REQUEST, "name": "click-1"}

    def click():
        answers.append(opened.post("/api/start", json=body).json())

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    two_arrived.wait(5)
    for one in clicks:
        one.join()

    assert len(started) == 1
    assert answers[0] == answers[1] == opened.post("/api/start", json=body).json()


def test_a_name_is_for_one_request(opened, started):
    opened.post("/api/start", json={"request": REQUEST, "name": "click-1"})
    other = {**REQUEST, "target": "STOPPED"}

    response = opened.post("/api/start", json={"request": other, "name": "click-1"})

    assert response.status_code == 400
    assert len(started) == 1


def test_what_failed_may_be_tried_again(opened, started, monkeypatch):
    start = actions.start
    failures = iter([AwsUnavailable("no network")])

    def sometimes(*arguments, **named):
        for failure in failures:
            raise failure
        return start(*arguments, **named)

    monkeypatch.setattr(actions, "start", sometimes)
    body = {"request": REQUEST, "name": "click-1"}

    assert opened.post("/api/start", json=body).status_code == 503
    assert opened.post("/api/start", json=body).status_code == 200


def test_a_request_is_canceled_with_who_did_it(opened, monkeypatch):
    canceled = []
    monkeypatch.setattr(actions, "cancel", lambda *given: canceled.append(given[2:]))
    monkeypatch.setattr("getpass.getuser", lambda: "someone")
    arn = f"{EXECUTIONS}:one"

    response = opened.post("/api/cancel", json={"execution_arn": arn})
    opened.post("/api/cancel", json={"execution_arn": arn, "cause": "a mistake"})

    assert response.json()["done"] == "Stopped execution one; its clean-up follows."
    assert canceled == [(arn, "canceled by someone on the page"), (arn, "a mistake")]


def test_what_has_ended_is_not_canceled(opened, monkeypatch):
    def cancel(*_):
        raise NotRunning("one has ended: it is FAILED")

    monkeypatch.setattr(actions, "cancel", cancel)

    response = opened.post("/api/cancel", json={"execution_arn": "arn"})

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "NotRunning"


def test_a_request_is_sent_again_once_for_a_click(opened, monkeypatch):
    names = iter(["copy-1", "copy-2"])
    monkeypatch.setattr(actions, "again", lambda *_: f"{EXECUTIONS}:{next(names)}")

    def again(click):
        body = {"execution_arn": f"{EXECUTIONS}:one", "click": click}
        return opened.post("/api/again", json=body).json()

    assert (
        again("click-0001")
        == again("click-0001")
        == {
            "execution_arn": f"{EXECUTIONS}:copy-1",
            "done": "Sent the request of one again, as copy-1.",
        }
    )
    assert again("click-0002")["execution_arn"].endswith("copy-2")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("start", {"request": {}}, "name: "),
        ("start", {"request": {}, "name": "a b"}, "name: "),
        ("start", {"request": {}, "name": "x" * 81}, "name: "),
        ("check", {"requests": {}}, "request: "),
        ("check", [], "body: "),
        ("cancel", {"execution_arn": "x", "cause": "x" * 257}, "cause: "),
        ("cancel", {"execution_arn": 1}, "execution_arn: "),
        ("again", {"execution_arn": "x", "click": "1"}, "click: "),
    ],
)
def test_a_wrong_body_is_refused_in_words(opened, path, body, message):
    response = opened.post(f"/api/{path}", content=json.dumps(body))

    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(message)


def test_a_real_account_has_no_controls(opened):
    assert opened.get("/api/stack").json()["has_controls"] is False
    assert opened.get("/api/local").json()["error"]["code"] == "NoControls"
    for name in ("act", "faults", "speed", "jump"):
        assert opened.post(f"/api/local/{name}", json={}).status_code == 404
