"""The process that has imported what every function imports, and forks workers.

It is started as a script, has one thread, so that forking is safe, and imports none of the
project's code. When the host's end of its control socket closes, it ends with all its workers and
removes the folder of the functions' code, its first argument: a host that was killed cannot.
Further arguments are what it imports instead of PREIMPORTED.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType

PREIMPORTED = (
    "asyncio",
    "boto3",
    "aws_lambda_powertools",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.tracing",
    "aws_lambda_powertools.utilities.typing",
    "aws_xray_sdk.core",  # imported by the tracer when a function creates one
    "pydantic.functional_serializers",  # pydantic imports its modules lazily
    "pydantic.json_schema",
    "pydantic.main",
    "pydantic.type_adapter",
    "pydantic.types",
    "wrapt",
)
PRELOADED_SERVICES = (
    "connectcampaigns",
    "connectcampaignsv2",
    "dynamodb",
    "events",
    "rds",
    "stepfunctions",
)
_PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def main() -> None:
    """Fork a worker for each pair of descriptors (channel, log) received on standard input."""
    control = socket.socket(fileno=os.dup(0))
    _preload()
    messages, worker = _beside_this_file("messages"), _beside_this_file("worker")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies, although nothing waits for them
    workers: list[int] = []
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 16, 2)
        if not request:
            break
        pid = os.fork()
        if pid == 0:
            control.close()
            _become_worker(messages, worker, *descriptors)
        workers.append(pid)
        for descriptor in descriptors:
            os.close(descriptor)
    for pid in workers:
        _end_own_child(pid)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


def _preload() -> None:
    """Import packages and load boto3's service models once: a client then takes 15 ms."""
    gc.disable()  # nearly all of what is made here is kept
    for name in sys.argv[2:] or PREIMPORTED:
        importlib.import_module(name)
    # At its first model, pydantic reads the metadata of every installed package for plugins.
    importlib.import_module("pydantic").TypeAdapter(int)
    boto3 = importlib.import_module("boto3")
    boto3.setup_default_session()
    loader = boto3.DEFAULT_SESSION._session.get_component("data_loader")
    for service in PRELOADED_SERVICES:
        loader.load_service_model(service, "service-2")
        loader.load_service_model(service, "endpoint-rule-set-1")
    # Explicit credentials: the session must not cache any, because each function has its own.
    boto3.client("sqs", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    gc.freeze()
    gc.enable()


def _beside_this_file(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_functions_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _become_worker(messages: ModuleType, worker: ModuleType, channel: int, log: int) -> None:
    parent = os.getppid()
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:  # else the zygote ended before prctl
            with socket.socket(fileno=channel) as own:
                worker.serve(own, log, messages)
        status = 0
    finally:
        os._exit(status)


def _end_own_child(pid: int) -> None:
    try:
        if os.getpgid(pid) == os.getpgrp():  # not another process that has reused the pid
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
