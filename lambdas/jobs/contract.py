"""What the contract of every kind of job is made of."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from lambdas.shared import limits
from lambdas.shared.model import Frozen

CORRELATION_ID: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")


def broken_rule(text: str) -> PydanticCustomError:
    """Return the error of a field, as words that follow the field's name."""
    return PydanticCustomError("rule", "{text}", {"text": text})


def between_one_and(most: int, things: str) -> BeforeValidator:
    """Bound a list before its items are looked at, so that a huge one is one fault."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple) and not 1 <= len(value) <= most:
            raise broken_rule(f"holds {len(value)} {things}; it takes 1 to {most}")
        return value

    return BeforeValidator(check)


def is_correlation_id(value: object) -> bool:
    """Return whether a value may serve as a correlation id."""
    return isinstance(value, str) and CORRELATION_ID.fullmatch(value) is not None


def check_correlation_id(value: str) -> str:
    """Refuse what may not serve as a correlation id."""
    if not is_correlation_id(value):
        raise broken_rule("must be 1 to 128 printable characters")
    return value


class Job(Frozen):
    """What a caller asks for, of one kind, which its `kind` names."""

    kind: str


Deadline = Annotated[
    int,
    Field(strict=True, ge=limits.MIN_DEADLINE_SECONDS, le=limits.MAX_DEADLINE_SECONDS),
]
