"""The parts of the request contract that all kinds of jobs share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeGuard

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from lambdas.shared import limits
from lambdas.shared.faults import broken_rule, echo
from lambdas.shared.model import Frozen

MAX_CORRELATION_ID_CHARACTERS: Final = 128
CORRELATION_ID: Final = re.compile(
    rf"[^\x00-\x1f\x7f\ud800-\udfff]{{1,{MAX_CORRELATION_ID_CHARACTERS}}}"
)
DESCRIPTION: Final = re.compile(
    rf"[^\x00-\x1f\x7f\ud800-\udfff]{{1,{limits.MAX_DESCRIPTION_CHARACTERS}}}"
)
JOB_ID: Final = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{limits.MAX_JOB_ID_CHARACTERS - 1}}}")
"""No dot: a job without an id is called `stage.job`, such as 0.0."""


@dataclass(frozen=True)
class _BetweenOneAnd:
    """The annotation of a list that is bounded, in its validation and in its JSON Schema."""

    most: int
    plural: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return how the list is validated."""
        return no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the list's JSON Schema, with its bounds."""
        return handler(schema) | {"minItems": 1, "maxItems": self.most}

    def _check(self, value: object) -> object:
        if isinstance(value, list | tuple) and not 1 <= len(value) <= self.most:
            raise broken_rule(f"holds {len(value)} {self.plural}; it takes 1 to {self.most}")
        return value


def between_one_and(most: int, plural: str) -> _BetweenOneAnd:
    """Bound a list before its items are validated, so that a huge one is one fault."""
    return _BetweenOneAnd(most, plural)


def matches(pattern: re.Pattern[str]) -> WithJsonSchema:
    """Return the JSON Schema of a text that a pattern matches as a whole.

    The validator checks the text; the schema only describes it, in the regular expressions of ECMA
    262, which spells named groups in another way than Python.
    """
    unnamed = re.sub(r"\?P<\w+>", "", pattern.pattern)
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{unnamed})$"})


def _printable(most: int) -> WithJsonSchema:
    """Return the JSON Schema of a text of printable characters.

    It allows lone surrogates, because some validators take them for halves of valid characters.
    """
    return WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": most, "pattern": r"^[^\x00-\x1f\x7f]*$"}
    )


def is_correlation_id(value: object) -> TypeGuard[str]:
    """Return whether a value is a valid correlation id."""
    return isinstance(value, str) and CORRELATION_ID.fullmatch(value) is not None


def _check_correlation_id(value: str) -> str:
    """Reject what is not a valid correlation id."""
    if not is_correlation_id(value):
        raise broken_rule(
            f"must be 1 to {MAX_CORRELATION_ID_CHARACTERS} printable characters; got {echo(value)}"
        )
    return value


def is_description(value: object) -> TypeGuard[str]:
    """Return whether a value is a valid description of a request."""
    return isinstance(value, str) and DESCRIPTION.fullmatch(value) is not None


def _check_description(value: str) -> str:
    """Reject what is not a valid description of a request."""
    if not is_description(value):
        most = limits.MAX_DESCRIPTION_CHARACTERS
        raise broken_rule(f"must be 1 to {most} printable characters, without line breaks")
    return value


def check_home(account: str, region: str, info: ValidationInfo) -> None:
    """Reject a resource of another account or Region than those of the validation's context."""
    home = info.context or {}
    if (account, region) != (home.get("account", account), home.get("region", region)):
        words = (("account", "account"), ("Region", "region"))
        known = ", ".join(f"{word} {home[name]}" for word, name in words if name in home)
        raise broken_rule(f"is in account {account}, Region {region}; this stack works in {known}")


def _check_job_id(value: str) -> str:
    if not JOB_ID.fullmatch(value):
        raise broken_rule(
            f"must be 1 to {limits.MAX_JOB_ID_CHARACTERS} letters, digits, '-' or '_', the first a"
            f" letter; got {echo(value)}"
        )
    return value


CorrelationId = Annotated[
    str, AfterValidator(_check_correlation_id), _printable(MAX_CORRELATION_ID_CHARACTERS)
]
Description = Annotated[
    str, AfterValidator(_check_description), _printable(limits.MAX_DESCRIPTION_CHARACTERS)
]
JobId = Annotated[str, AfterValidator(_check_job_id), matches(JOB_ID)]


class Job(Frozen):
    """One entry of a stage, of the kind that `kind` names.

    Attributes:
        kind: what the job is about.
        id: a name that is unique in the request; the outcome names the job by it.
    """

    kind: str
    id: JobId | None = None
    target: str

    OF: ClassVar[tuple[str, ...]] = ("of",)
    """The path of the field that names an earlier job."""

    @property
    def of_job(self) -> str | None:
        """The id of the earlier job whose resources it is about, None if it names its own."""
        return None

    @property
    def restored_job(self) -> str | None:
        """The id of the earlier job whose changes it undoes, None if it undoes none."""
        return None

    def label(self, key: str) -> str:
        """Return what the outcome calls the job: its id, or its place in the request."""
        return self.id or key


Deadline = Annotated[
    int,
    Field(strict=True, ge=limits.MIN_DEADLINE_SECONDS, le=limits.MAX_DEADLINE_SECONDS),
]
