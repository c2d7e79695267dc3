"""What the host needs to know of a deployed function, and what an invocation of it gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeployedFunction:
    """One version of a function as it is deployed.

    Attributes:
        code: its zip file.
        code_hash: names that code; the same hash is unpacked once.
        timeout_seconds: real seconds that one invocation may take.
        reserved_concurrency: how many invocations may run at once; None: as many as asked for.
    """

    name: str
    arn: str
    version: str
    handler: str
    role_arn: str
    code: bytes = field(repr=False)
    code_hash: str
    environment: Mapping[str, str]
    memory_mb: int
    timeout_seconds: float
    reserved_concurrency: int | None
    log_group: str

    @property
    def configuration(self) -> str:
        """Return a text that differs whenever a worker must be a new one."""
        return json.dumps(
            [
                self.code_hash,
                self.handler,
                self.role_arn,
                dict(self.environment),
                self.memory_mb,
                self.log_group,
            ],
            sort_keys=True,
        )


@dataclass(frozen=True)
class Invocation:
    """What one invocation answered.

    Attributes:
        payload: JSON: the handler's result, or how it failed.
        function_error: "Unhandled" when the handler did not return; else None.
        log: what the handler wrote, by line.
    """

    request_id: str
    payload: bytes
    function_error: str | None
    log: tuple[str, ...]

    @classmethod
    def failed(
        cls, request_id: str, error_type: str, message: str, log: tuple[str, ...]
    ) -> Invocation:
        """Return the answer to an invocation whose worker could not answer for itself."""
        described = {"errorType": error_type, "errorMessage": message, "stackTrace": []}
        return cls(request_id, json.dumps(described).encode(), "Unhandled", log)


class ConcurrencyExceededError(Exception):
    """The function already runs as often as its reserved concurrency allows."""


class HostClosedError(RuntimeError):
    """The host has been closed, so it invokes nothing any more."""
