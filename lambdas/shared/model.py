"""The base classes of all inputs and outputs of functions."""

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
    """An immutable value that people write; unknown fields are errors.

    Its validation errors are in plain words, each a rule that follows its field's name.
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
    """An immutable value that functions exchange; unknown fields are ignored.

    A new field has a default: during a deployment, an execution's payloads reach functions that
    are newer than they are and, after a rollback, older ones.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def replace(self, **changes: object) -> Self:
        """Return a copy with other values of some fields.

        `model_copy` would take any name and any value.

        Raises:
            TypeError: there is no such field.
            ValidationError: a value is not of its field's type.
        """
        unknown = changes.keys() - type(self).model_fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_validate({**dict(self), **changes}, by_alias=False, by_name=True)
