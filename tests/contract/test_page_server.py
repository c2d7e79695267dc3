"""The page's server as a browser finds it: sockets, live messages, the process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

import pytest

from console.page.server import SECONDS_TO_END, PageServer, PortTaken, listener
from tests.unit.console.page.fake_reading import FakeReading, connection, summary


@contextmanager
def serving(reading):
    with listener(0) as listening:
        server = PageServer(connection(reading), listening)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def reading():
    return FakeReading(summary("one"))


def ask(address, path, *, timeout=10):
    """Return the response to a program that has the token, which is still to be read."""
    url = urlsplit(address)
    http = HTTPConnection(url.netloc, timeout=timeout)
    token = url.query.removeprefix("token=")
    http.request("GET", path, headers={"authorization": f"Bearer {token}"})
    return http, http.getresponse()


def answer(address, path):
    http, response = ask(address, path)
    with closing(http):
        return response.status, json.loads(response.read())


def next_message(response, name):
    """Return the data of the next message of a name."""
    while line := response.readline():
        if line == f"event: {name}\n".encode():
            return json.loads(response.readline().removeprefix(b"data: "))
    raise AssertionError("the connection has ended")


def test_a_change_arrives_within_a_second(reading):
    with serving(reading) as server:
        http, response = ask(server.address, "/api/live?ref=one&watch=list")
        with closing(http):
            assert response.headers["content-type"].startswith("text/event-stream")
            assert next_message(response, "request")["summary"]["status"] == "RUNNING"
            delays = []
            for status in ("SUCCEEDED", "FAILED", "ABORTED"):
                changed_at = time.monotonic()
                reading.summaries[:] = [summary("one", status=status)]
                assert next_message(response, "request")["summary"]["status"] == status
                delays.append(time.monotonic() - changed_at)

    assert median(delays) < 1


def test_nothing_is_read_for_a_connection_that_was_closed(reading):
    with serving(reading) as server:
        http, response = ask(server.address, "/api/live?watch=list&watch=slots")
        next_message(response, "list")
        assert server.watched == {"list", "slots"}
        response.close()
        http.close()
        began = time.monotonic()
        while server.watched and time.monotonic() < began + 10:
            time.sleep(0.01)

        assert server.watched == frozenset()


def test_the_end_of_the_server_ends_the_connections_that_follow_it(reading):
    with serving(reading) as server:
        http, response = ask(server.address, "/api/live")
        next_message(response, "list")
        began = time.monotonic()
        server.stop()
        response.read()
        http.close()

    assert time.monotonic() - began < SECONDS_TO_END / 2, "nothing waits until its time is over"


def test_a_port_that_is_taken_is_an_error_in_words():
    with listener(0) as listening, pytest.raises(PortTaken, match=r"^port \d+: Address already in"):
        listener(listening.getsockname()[1])


def test_the_command_serves_without_aws_and_ends_at_an_interrupt(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    page = subprocess.Popen(
        [sys.executable, "-m", "console", "page"],
        env={**kept, "AWS_CONFIG_FILE": os.devnull, "HOME": str(tmp_path), "DISPLAY": ":0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = page.stdout.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}\b", line)
        status, stack = answer(address, "/api/stack")
        examples = answer(address, "/api/examples")
    finally:
        page.send_signal(signal.SIGINT)
        out, err = page.communicate(timeout=10)

    assert (status, stack["error"]["code"]) == (503, "AwsUnavailable")
    assert "Region" in stack["error"]["message"]
    assert examples[0] == 200
    assert (page.returncode, out, err) == (0, "", "orchestrator: stopped\n")
