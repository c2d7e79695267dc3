"""The functions that Step Functions adds to JSONata, or has otherwise than JSONata does.

moto declares some of them in JSONata source and answers others with a text that says they are not
supported. Source: Step Functions developer guide, "Transforming data with JSONata".
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.jexception import JException

from localcloud.clock import SimulatedClock
from localcloud.patches.patching import Json, Moto

_ALGORITHMS = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")


def functions(clock: SimulatedClock) -> dict[str, Any]:
    """Return the functions by name, ready to be bound."""

    def millis() -> int:
        return round(clock.now() * 1000)

    def now(picture: str | None = None, timezone: str | None = None) -> str | None:
        text: str | None = Functions.datetime_from_millis(millis(), picture, timezone)
        return text

    plain: dict[str, Callable[..., Any]] = {
        "eval": _no_eval,
        "hash": _hash,
        "millis": millis,
        "now": now,
        "parse": json.loads,
        "partition": _partition,
        "random": _random,
        "range": _range,
        "uuid": lambda: str(uuid.uuid4()),
    }
    return {name: Jsonata.JLambda(function) for name, function in plain.items()}


def _no_eval(*_: Moto) -> None:
    raise JException("the function $eval is not supported by Step Functions", -1)


def _hash(value: Json, algorithm: str = "SHA-256") -> str:
    if algorithm not in _ALGORITHMS:
        raise JException(f"$hash: {algorithm} is none of {', '.join(_ALGORITHMS)}", -1)
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return hashlib.new(algorithm.replace("SHA-", "SHA"), text.encode()).hexdigest()


def _partition(array: list[Any], size: float) -> list[list[Any]]:
    step = int(size)
    if step < 1:
        raise JException("$partition: the chunk size must be positive", -1)
    return [list(array[start : start + step]) for start in range(0, len(array), step)]


def _random(seed: float | None = None) -> float:
    return random.random() if seed is None else random.Random(seed).random()


def _range(first: float, last: float, step: float) -> list[float]:
    if step == 0:
        raise JException("$range: the step must not be 0", -1)
    count = int((last - first) // step) + 1
    return [first + index * step for index in range(max(0, count))]
