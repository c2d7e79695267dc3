"""The boto3 clients."""

from functools import cache
from typing import Any, Final

import boto3
from botocore.config import Config

from lambdas.shared.observability import tracer

tracer.patch(("botocore",))

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=20,
    # Step Functions' Retry does all retrying; retries here would multiply with its own.
    retries={"total_max_attempts": 1, "mode": "standard"},
)


LAST_CALL_SECONDS: Final = 30
"""Reserved at the end of an invocation: a call without a response times out after 25 seconds, and
the result is returned after that."""


@cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Return this process's one client of a service."""
    return boto3.client(service, config=_CONFIG)
