"""The function host runs deployed code as Lambda does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from localcloud.clock import VirtualClock
from localcloud.functions.function import (
    ConcurrencyExceededError,
    DeployedFunction,
    HostClosedError,
)
from localcloud.functions.host import FunctionHost
from tests.contract.functions_to_run import FILES, function, zipped
from tests.contract.patched_stack import eventually

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def host():
    host = FunctionHost(VirtualClock(), {"AWS_ENDPOINT_URL": "http://there"})
    yield host
    host.close()


def call(host: FunctionHost, deployed: DeployedFunction | None = None, **event):
    answer = host.invoke(deployed or function(), json.dumps(event).encode())
    return json.loads(answer.payload), answer.function_error


def test_runs_the_deployed_code_and_not_that_of_the_checkout(host):
    answer, error = call(host)

    assert error is None
    assert not Path(answer["file"]).is_relative_to(ROOT)
    assert str(ROOT) not in answer["path"]
    assert answer["cwd"] == answer["path"][0]


def test_keeps_workers_warm(host):
    first, _ = call(host)
    again, _ = call(host)

    assert again["pid"] == first["pid"]


def test_a_function_has_the_environment_of_lambda(host):
    variables, _ = call(host, do="environment")

    assert (
        variables.items()
        >= {
            "OWN": "1",
            "AWS_ENDPOINT_URL": "http://there",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "lambdas-work-handler",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "_HANDLER": "lambdas.work.handler",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "function-of-the-local-aws",
            "AWS_SESSION_TOKEN": "arn:aws:iam::123456789012:role/lambdas-work-handler",
        }.items()
    )
    assert "HOME" not in variables


def test_a_handler_receives_a_context(host):
    context, _ = call(host, do="context")

    assert context["function_name"] == "lambdas-work-handler"
    assert context["invoked_function_arn"].endswith(":function:lambdas-work-handler")
    assert context["memory_limit_in_mb"] == "256"
    assert context["log_group_name"] == "/aws/lambda/lambdas-work-handler"
    assert "[$LATEST]" in context["log_stream_name"]
    assert context["left"] == 5000
    assert len(context["aws_request_id"]) == 36


def test_a_sleep_is_simulated(host):
    started = time.perf_counter()
    elapsed, _ = call(host, do="sleep", seconds=4)

    assert elapsed == 4
    assert time.perf_counter() - started < 2


def test_a_sleep_beyond_the_timeout_ends_the_worker(host):
    answer, error = call(host, function(name="dozing"), do="sleep", seconds=5.5)

    assert (answer["errorType"], error) == ("Sandbox.Timedout", "Unhandled")


@pytest.mark.parametrize(
    ("handler", "event", "kind", "message"),
    [
        ("work.handler", {"do": "raise"}, "NotFoundError", "no such thing"),
        ("work.handler", {"do": "unserialisable"}, "Runtime.MarshalError", "not JSON"),
        ("work.handler", {"do": "exit"}, "Runtime.ExitError", "exited"),
        ("work.handler", {"do": "sysexit"}, "Runtime.ExitError", "exited"),
        ("work.nothing", {}, "Runtime.HandlerNotFound", "'nothing' missing"),
        ("broken.handler", {}, "Runtime.ImportModuleError", "no_such_package"),
        ("wrong.handler", {}, "Runtime.UserCodeSyntaxError", "lambdas.wrong"),
        ("failing.handler", {}, "KeyError", "at import"),
    ],
)
def test_describes_failures_as_lambda_does(host, handler, event, kind, message):
    answer, error = call(host, function(f"lambdas.{handler}"), **event)

    assert error == "Unhandled"
    assert answer["errorType"] == kind
    assert message in answer["errorMessage"]
    assert isinstance(answer["stackTrace"], list)


def test_a_stack_trace_shows_only_the_handler(host):
    answer, _ = call(host, do="raise")

    assert len(answer["stackTrace"]) == 1
    assert 'raise NotFoundError("no such thing")' in answer["stackTrace"][0]


def test_decimals_become_numbers(host):
    assert call(host, do="decimal") == (1.5, None)


def test_a_timeout_ends_the_worker_and_the_next_is_new(host):
    hasty = function(timeout_seconds=1, name="hasty")
    before, _ = call(host, hasty)
    started = time.perf_counter()
    answer, error = call(host, hasty, do="compute")

    assert (answer["errorType"], error) == ("Sandbox.Timedout", "Unhandled")
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert time.perf_counter() - started < 5
    eventually(lambda: not Path(f"/proc/{before['pid']}").exists())
    assert call(host, hasty)[0]["pid"] != before["pid"]


def at_once(host, deployed, number: int, **event) -> list[Any]:
    """Invoke it a number of times at the same simulated moment."""
    answers: list[Any] = []

    def invoke() -> None:
        try:
            answers.append(call(host, deployed, **event))
        except ConcurrencyExceededError as error:
            answers.append(error)

    clock = host._clock
    with clock.turn("the test"):
        for _ in range(number):
            clock.start("invocation", invoke)
        clock.sleep(60)
    return answers


def test_reserved_concurrency_throttles(host):
    reserved = function(name="reserved", reserved_concurrency=2)
    call(host, reserved)

    answers = at_once(host, reserved, 4, do="sleep", seconds=3)

    assert sum(isinstance(answer, ConcurrencyExceededError) for answer in answers) == 2
    with pytest.raises(ConcurrencyExceededError):
        call(host, function(reserved_concurrency=0, name="off"))
    assert host.invocations["reserved"] == 3
    assert host.invocations["off"] == 0


def test_new_code_and_new_settings_get_new_workers(host):
    changed = zipped(FILES | {"lambdas/work.py": "def handler(e, c): return 'changed'"})
    old, _ = call(host, function(name="changing"))

    assert call(host, function(name="changing", code=changed, code_hash="other"))[0] == "changed"
    eventually(lambda: not Path(f"/proc/{old['pid']}").exists())


def test_keeps_the_output_of_a_handler(host):
    received = []
    host.log_listener = lambda _function, stream, lines: received.append((stream, lines))
    call(host, function(name="writing"), do="raise")
    host.log_listener = None

    lines = host.logs["writing"]
    assert lines[:3] == ["out raise", "err", "[ERROR] NotFoundError: no such thing"]
    assert received == [(received[0][0], tuple(lines))]


def test_closing_ends_running_invocations_and_every_process():
    host = FunctionHost(VirtualClock(), {})
    pid = call(host)[0]["pid"]
    failures: list[Exception] = []

    def hang() -> None:
        try:
            call(host, do="compute")
        except HostClosedError as error:
            failures.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    eventually(lambda: host.invocations["lambdas-work-handler"] == 2)
    time.sleep(0.05)
    host.close()
    thread.join(2)

    assert len(failures) == 1
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    with pytest.raises(HostClosedError):
        call(host)


def test_no_process_outlives_a_host_that_is_killed():
    script = f"""
    import json, sys, threading, time
    sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
    from test_function_host import FunctionHost, VirtualClock, call
    host = FunctionHost(VirtualClock(), {{}})
    pids = [call(host)[0]["pid"], host._processes._zygote._process.pid]
    threading.Thread(target=call, args=(host,), kwargs={{"do": "compute"}}).start()
    time.sleep(0.1)
    print(json.dumps(pids), flush=True)
    time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        os.kill(parent.pid, signal.SIGKILL)

    eventually(lambda: not any(alive(pid) for pid in pids))


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
