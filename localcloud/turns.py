"""Who calls a server of the local AWS: whoever has the clock's turn, or somebody from outside.

What runs on the clock waits for the answer with its turn, so that the server acts for it. A call of
anybody else, the AWS CLI for instance, has to wait for a turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from localcloud.clock import VirtualClock
from localcloud.functions.environment import CREDENTIALS

ACTING: Final = "x-localcloud-acting"
"""The header of a call that is made with the turn."""

CALLERS_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""Of everybody but the functions; any others would do."""

_OF_FUNCTIONS: Final = f"Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/"


def admitted(
    clock: VirtualClock, headers: Mapping[str, str], call: str
) -> AbstractContextManager[None]:
    """Return the context in which a call is answered; header names are in lower case."""
    if ACTING in headers or _OF_FUNCTIONS in headers.get("authorization", ""):
        return clock.acting()
    return clock.turn(call)


def mark_calls(client: Any, clock: VirtualClock) -> None:  # noqa: ANN401 - boto3 has no types
    """Have a boto3 client say of each call whether the calling thread has the turn."""

    def mark(params: dict[str, Any], **_: object) -> None:
        if clock.is_inside:
            params["headers"][ACTING] = "1"

    client.meta.events.register("before-call", mark)
