"""A deployed function, as the host needs it, and the result of an invocation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeployedFunction:
    """One version of a deployed function.

    Attributes:
        code: its zip file.
        code_hash: identifies the code, which is unpacked once per hash.
        timeout_seconds: real seconds that one invocation may take.
        reserved_concurrency: how many invocations may run at once; None: unlimited.
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
        """Return a text; when it changes, the function needs new workers."""
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
    """The response of one invocation.

    Attributes:
        payload: JSON: the handler's result, or its error.
        function_error: "Unhandled" if the handler did not return, else None.
        log: the lines that it logged.
    """

    request_id: str
    payload: bytes
    function_error: str | None
    log: tuple[str, ...]

    @classmethod
    def failed(
        cls, request_id: str, error_type: str, message: str, log: tuple[str, ...]
    ) -> Invocation:
        """Return the response for a worker that timed out or exited."""
        described = {"errorType": error_type, "errorMessage": message, "stackTrace": []}
        return cls(request_id, json.dumps(described).encode(), "Unhandled", log)


class ConcurrencyExceededError(Exception):
    """The function's reserved concurrency is used up."""


class HostClosedError(RuntimeError):
    """The host has been closed and invokes no more functions."""
