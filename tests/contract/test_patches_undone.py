"""A closed local AWS leaves nothing behind, and the next one starts empty."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from localcloud.clock import VirtualClock
from localcloud.cloud import LocalAws
from localcloud.patches.patching import ASL, moto
from tests.contract.patched_stack import deployed, eventually
from tests.contract.patched_template import task


def zygotes() -> list[str]:
    """Return the arguments of this process's living function hosts."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (path / "cmdline").read_text().split("\0")
            parent = (path / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid() and any(a.endswith("zygote.py") for a in arguments):
            found.append(" ".join(arguments))
    return found


def test_closing_ends_executions_retries_threads_and_processes():
    others = zygotes()
    before = set(threading.enumerate())
    with deployed({}, shares=False) as stack:
        waiting = {"Type": "Wait", "Seconds": 9000, "End": True}
        busy = task({"do": "sleep", "seconds": 9}, End=True)
        for name, state in (("waiting", waiting), ("busy", busy)):
            stack.define(name, {"StartAt": "S", "States": {"S": state}})
            stack.start(name, {})
        token = stack.start("token", {"key": "open", "wait": 100})
        stack.reached(token, "TaskSubmitted")
        stack.aws.client("lambda").invoke(
            FunctionName="worker", InvocationType="Event", Payload=json.dumps({"do": "fail"})
        )
        stack.eventually(lambda: "doing fail" in stack.aws.functions.logs["worker"])
        assert zygotes() != others
        started = time.perf_counter()

    assert time.perf_counter() - started < 3
    eventually(lambda: set(threading.enumerate()) <= before, seconds=2)
    assert zygotes() == others
    assert "MOTO_PORT" not in os.environ


def test_patches_of_moto_are_undone():
    clock = VirtualClock()
    with LocalAws(clock):
        assert moto(f"{ASL}.component.common.retry.retrier_decl").time is not time
    assert moto(f"{ASL}.component.common.retry.retrier_decl").time is time
    environment = moto(f"{ASL}.eval.environment").Environment
    assert environment.set_stop.__module__ == "moto.stepfunctions.parser.asl.eval.environment"
    backend = moto("stepfunctions.parser.models").StepFunctionsParserBackend
    assert "describe_execution" not in vars(backend)


def test_the_next_one_is_empty():
    for _ in range(2):
        with LocalAws(VirtualClock()) as aws:
            assert aws.client("s3").list_buckets()["Buckets"] == []
            aws.client("s3").create_bucket(Bucket="left")


def test_only_one_can_be_open():
    with (
        LocalAws(VirtualClock()),
        pytest.raises(RuntimeError, match="another"),
        LocalAws(VirtualClock()),
    ):
        pass
