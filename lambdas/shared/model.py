"""The bases of every value that crosses a function's boundary."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value of the public contract, which refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Internal(BaseModel):
    """An immutable value that travels between the functions.

    It ignores fields it does not know, and a field that is added has a default: an execution in
    flight meets functions that are newer than its payloads and, after a rollback, older ones.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
