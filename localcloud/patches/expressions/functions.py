"""JSONata functions: $now and $millis by the simulated clock, and Step Functions' own.

moto declares these as JSONata source before each expression, which is not evaluated here. Of the
functions that Step Functions adds, $partition, $hash and $random with a seed are missing,
and $eval is not refused. Source: Step Functions developer guide, "Transforming data with JSONata".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.utils import Utils

from localcloud.clock import VirtualClock


def functions(clock: VirtualClock) -> dict[str, Any]:
    """Return the functions by name, ready to be bound."""

    def millis() -> int:
        return round(clock.now() * 1000)

    def now(picture: str | None = None, timezone: str | None = None) -> str | None:
        text: str | None = Functions.datetime_from_millis(millis(), picture, timezone)
        return text

    plain: dict[str, Callable[..., Any]] = {
        "millis": millis,
        "now": now,
        "parse": json.loads,
        "range": _range,
        "uuid": lambda: str(uuid.uuid4()),
    }
    return {name: Jsonata.JLambda(function) for name, function in plain.items()}


def _range(first: int, last: int, step: int) -> list[int]:
    """Return the numbers as a sequence, which JSONata turns into its only item if it has one.

    Source: LocalStack's snapshot test_array_range, recorded on 15 November 2024.
    """
    numbers: list[int] = Utils.create_sequence()
    numbers.extend(range(first, last + (1 if step > 0 else -1), step))
    return numbers
