"""The bases of every value that crosses a function's boundary."""

from __future__ import annotations

from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from lambdas.shared.faults import in_plain_words


class Frozen(BaseModel):
    """An immutable value that people write, which refuses fields it does not know.

    The errors of its validation are in plain words, each a rule that follows its field's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_in_plain_words(
        cls, given: object, validate: ModelWrapValidatorHandler[Self]
    ) -> Self:
        try:
            return validate(given)
        except ValidationError as error:
            raise in_plain_words(error, cls.model_fields) from None


class Internal(BaseModel):
    """An immutable value that travels between the functions.

    It ignores fields it does not know, and a field that is added has a default: an execution in
    flight meets functions that are newer than its payloads and, after a rollback, older ones.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
