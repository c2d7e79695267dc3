"""The parts of the request contract that all kinds of jobs share."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from lambdas.shared import limits
from lambdas.shared.faults import broken_rule, echo
from lambdas.shared.model import Frozen

CORRELATION_ID: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")
DESCRIPTION: Final = re.compile(
    rf"[^\x00-\x1f\x7f\ud800-\udfff]{{1,{limits.MAX_DESCRIPTION_CHARACTERS}}}"
)
JOB_ID: Final = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{limits.MAX_JOB_ID_CHARACTERS - 1}}}")
"""No dot: a job without an id is called `stage.job`, such as 0.0."""


def between_one_and(most: int, plural: str) -> BeforeValidator:
    """Bound a list before its items are validated, so that a huge one is one fault."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple) and not 1 <= len(value) <= most:
            raise broken_rule(f"holds {len(value)} {plural}; it takes 1 to {most}")
        return value

    return BeforeValidator(check)


def is_correlation_id(value: object) -> TypeGuard[str]:
    """Return whether a value is a valid correlation id."""
    return isinstance(value, str) and CORRELATION_ID.fullmatch(value) is not None


def check_correlation_id(value: str) -> str:
    """Reject what is not a valid correlation id."""
    if not is_correlation_id(value):
        raise broken_rule(f"must be 1 to 128 printable characters; got {echo(value)}")
    return value


def is_description(value: object) -> TypeGuard[str]:
    """Return whether a value is a valid description of a request."""
    return isinstance(value, str) and DESCRIPTION.fullmatch(value) is not None


def check_description(value: str) -> str:
    """Reject what is not a valid description of a request."""
    if not is_description(value):
        most = limits.MAX_DESCRIPTION_CHARACTERS
        raise broken_rule(f"must be 1 to {most} printable characters, without line breaks")
    return value


def check_home(account: str, region: str, info: ValidationInfo) -> None:
    """Reject a resource of another account or Region than those of the validation's context."""
    home = info.context or {}
    if (account, region) != (home.get("account", account), home.get("region", region)):
        raise broken_rule(
            f"is in account {account}, Region {region};"
            f" this stack works in account {home['account']}, Region {home['region']}"
        )


def _check_job_id(value: str) -> str:
    if not JOB_ID.fullmatch(value):
        raise broken_rule(
            f"must be 1 to {limits.MAX_JOB_ID_CHARACTERS} letters, digits, '-' or '_', the first a"
            f" letter; got {echo(value)}"
        )
    return value


JobId = Annotated[str, AfterValidator(_check_job_id)]


class Job(Frozen):
    """One entry of a stage, of the kind that `kind` names."""

    kind: str
    id: JobId | None = None
    target: str

    OF: ClassVar[tuple[str, ...]] = ("of",)
    """The path of the field that names an earlier job."""

    @property
    def of_job(self) -> str | None:
        """The id of the earlier job whose resources it is about, None if it names its own."""
        return None

    def label(self, key: str) -> str:
        """Return what the outcome calls the job: its id, or its place in the request."""
        return self.id or key


Deadline = Annotated[
    int,
    Field(strict=True, ge=limits.MIN_DEADLINE_SECONDS, le=limits.MAX_DEADLINE_SECONDS),
]

DATABASE_ID: Final = re.compile(r"(?=.{1,63}$)[A-Za-z](-?[A-Za-z0-9])*")
"""Of a DB instance or a DB cluster. Source: RDS API reference, CreateDBInstance and
CreateDBCluster."""


def _check_database_id(value: str) -> str:
    if not DATABASE_ID.fullmatch(value):
        raise broken_rule(
            "must be a database's identifier: 1 to 63 letters, digits or single '-', which"
            f" begin with a letter and do not end with '-'; got {echo(value)}"
        )
    return value.lower()


DatabaseId = Annotated[str, AfterValidator(_check_database_id)]
"""In lower case, as RDS stores it."""
