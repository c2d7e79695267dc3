"""Candidates' own processes: they wait on the local AWS's clock, and are interrupted by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from lambdas.shared.environment import EXPORT_BUCKET, EXPORT_KEY_ARN, EXPORT_ROLE_ARN
from localcloud.clock import Event
from localcloud.functions.environment import CREDENTIALS, REGION, isolated_environment
from localcloud.functions.workers import Worker
from localcloud.orchestrator import LocalOrchestrator

Json = dict[str, Any]

CODE: Final = Path(__file__).with_name("guests")
_REAL_SECONDS: Final = 120.0


class Forks(Protocol):
    """A zygote, or what has one."""

    def fork(self) -> Worker:
        """Return a new process."""


@dataclass(frozen=True)
class Processes:
    """Starts processes that call the local AWS.

    Attributes:
        environment: variables beside those of AWS.
    """

    orchestrator: LocalOrchestrator
    forks: Forks
    environment: Mapping[str, str] = field(default_factory=dict)

    def call(self, handler: str, event: Json, interrupt: Event, seed: str) -> Json:
        """Call a handler of `entry` in a new process; once `interrupt` is set, a wait of it ends.

        Args:
            handler: its name.
            event: its argument.
            interrupt: ends one wait early.
            seed: of the process's random numbers.
        """
        clock = self.orchestrator.clock
        is_interrupted = False

        def sleep(seconds: float) -> float:
            nonlocal is_interrupted
            if is_interrupted:
                clock.sleep(seconds)
            else:
                is_interrupted = interrupt.wait(seconds)
            return clock.now()

        worker = self.forks.fork()
        try:
            failure = worker.prepare(self._described(handler), _REAL_SECONDS)
            if failure is not None:
                raise RuntimeError(failure["errorMessage"])
            request = {
                "request_id": seed,
                "event": json.dumps(event),
                "arn": "",
                "timeout_seconds": _REAL_SECONDS,
                "trace_id": "",
                "now": clock.now(),
            }
            answer = worker.ask(request, _REAL_SECONDS, sleep)
            if "failure" in answer:
                raise RuntimeError("\n".join(worker.new_log_lines()))
            result: Json = json.loads(answer["result"])
            return result
        finally:
            worker.close()

    def _described(self, handler: str) -> Json:
        environment = {
            **isolated_environment(),
            # By these, the local AWS knows a caller that has the clock's turn.
            **CREDENTIALS,
            **self.orchestrator.aws.environment,
            "AWS_DEFAULT_REGION": REGION,
            # Which the context of a handler reads.
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "AWS_LAMBDA_FUNCTION_VERSION": "",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "",
            "AWS_LAMBDA_LOG_GROUP_NAME": "",
            "AWS_LAMBDA_LOG_STREAM_NAME": "",
            **self.environment,
        }
        return {
            "handler": f"entry.{handler}",
            "code_directory": str(CODE),
            "environment": environment,
            "now": self.orchestrator.clock.now(),
        }


def export_store(orchestrator: LocalOrchestrator) -> dict[str, str]:
    """Return the bucket, the role and the key that the deployed functions export with."""
    functions = orchestrator.aws.client("lambda").list_functions()["Functions"]
    environments = (function["Environment"]["Variables"] for function in functions)
    variables = next(each for each in environments if EXPORT_BUCKET in each)
    return {
        "bucket": variables[EXPORT_BUCKET],
        "role_arn": variables[EXPORT_ROLE_ARN],
        "key_arn": variables[EXPORT_KEY_ARN],
    }
