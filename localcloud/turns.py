"""Distinguishes callers of the local AWS's servers that have the clock's turn from all others.

A thread that runs on the clock keeps its turn while it waits for a response, so the server acts for
it. The call of any other process, the AWS CLI for instance, waits for a turn of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from localcloud.clock import VirtualClock
from localcloud.functions.environment import CREDENTIALS, REGION

ACTING: Final = "x-localcloud-acting"
"""The header of a call that is made with the turn."""

CALLERS_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""The credentials of all callers except the functions; any others would do."""

_THIS_MACHINE: Final = "localhost,127.0.0.1"

_OF_FUNCTIONS: Final = f"Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/"


def callers_environment(endpoint: str) -> dict[str, str]:
    """Return the variables that make an SDK or the AWS CLI in another process use an endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        **CALLERS_CREDENTIALS,
        # Some SDKs read only one of each pair.
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": _THIS_MACHINE,
        "no_proxy": _THIS_MACHINE,
        # Otherwise SDKs call Step Functions' TestState at sync-localhost.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def admitted(
    clock: VirtualClock, headers: Mapping[str, str], call: str
) -> AbstractContextManager[None]:
    """Return the context in which to serve a call; header names are in lower case."""
    if ACTING in headers or _OF_FUNCTIONS in headers.get("authorization", ""):
        return clock.acting()
    return clock.turn(call)


def mark_calls(client: Any, clock: VirtualClock) -> None:  # noqa: ANN401 - boto3 has no types
    """Have a boto3 client mark each call whose thread has the clock's turn."""

    def mark(params: dict[str, Any], **_: object) -> None:
        if clock.is_inside:
            params["headers"][ACTING] = "1"

    client.meta.events.register("before-call", mark)
