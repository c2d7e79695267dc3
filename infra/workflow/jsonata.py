"""JSONata for Step Functions, checked against the fields of the functions' models."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from types import UnionType
from typing import Annotated, Final, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

Shape = object
"""A type annotation, or a mapping from names of fields to such types."""


class UnknownFieldError(Exception):
    """An expression reads or writes a field that its payload's model does not have."""


def expression(body: object) -> str:
    """Return the value of a field that Step Functions evaluates."""
    return f"{{% {body} %}}"


def concatenated(template: str, **values: object) -> str:
    """Return the expression of a template whose names are replaced by expressions."""
    parts = []
    for text, name, _format, _conversion in Formatter().parse(template):
        parts += [f"'{text}'"] if text else []
        parts += [str(values[name])] if name is not None else []
    return " & ".join(parts)


@dataclass(frozen=True)
class Value:
    """A value that expressions read, and its type.

    Attributes:
        path: the expression for it.
        shape: its type.
    """

    path: str
    shape: Shape

    def field(self, *names: str) -> Value:
        """Return a field, or one nested in it.

        Raises:
            UnknownFieldError: when there is no such field.
        """
        value = self
        for name in names:
            shapes = [fields[name] for fields in _fields(value.shape) if name in fields]
            if not shapes:
                raise UnknownFieldError(
                    f"{self.path}.{'.'.join(names)}: {_name(value.shape)} has no field {name!r}"
                )
            value = Value(f"{value.path}.{name}", shapes[0])
        return value

    def values(self, path: str) -> Value:
        """Return one value of a mapping, under another path.

        Raises:
            UnknownFieldError: when it is no mapping.
        """
        if get_origin(self.shape) is not dict:
            raise UnknownFieldError(f"{self.path}: {_name(self.shape)} is not a mapping")
        return Value(path, get_args(self.shape)[1])

    def __str__(self) -> str:
        """Return the expression for it."""
        return self.path


def written(shape: Shape, fields: Mapping[str, object]) -> dict[str, object]:
    """Return an object that an expression writes for a function to read.

    Raises:
        UnknownFieldError: when its model lacks one of the fields.
    """
    for name in fields:
        Value(_name(shape), shape).field(name)
    return dict(fields)


def checked(body: str, shapes: Mapping[str, Shape]) -> str:
    """Return an expression after checking that the fields it reads of variables exist.

    Args:
        body: the expression.
        shapes: the type of each variable, except for those of Step Functions itself.

    Raises:
        UnknownFieldError: when a field does not exist, or the type of a variable is not known.
    """
    for found in _READ.finditer(body):
        variable, names = found["variable"], found["names"]
        if variable not in shapes:
            raise UnknownFieldError(f"{variable}{names}: it is not known what {variable} holds")
        Value(variable, shapes[variable]).field(*names.split(".")[1:])
    return body


_READ: Final = re.compile(r"(?P<variable>\$(?!states\b)[A-Za-z_]\w*)(?P<names>(?:\.[A-Za-z_]\w*)+)")


def _fields(shape: Shape) -> Iterator[Mapping[str, Shape]]:
    """Yield the fields of each model that a value may have; for a list, those of its items."""
    origin = get_origin(shape)
    if isinstance(shape, Mapping):
        yield shape
    elif origin is Annotated:
        yield from _fields(get_args(shape)[0])
    elif origin in (Union, UnionType, tuple, list):
        for inner in get_args(shape):
            yield from _fields(inner)
    elif isinstance(shape, type) and issubclass(shape, BaseModel):
        yield {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
    elif isinstance(shape, type) and dataclasses.is_dataclass(shape):
        yield get_type_hints(shape)


def _name(shape: Shape) -> str:
    """Return the name of a type for a message."""
    if isinstance(shape, Mapping):
        return f"an object of {', '.join(shape)}"
    return shape.__name__ if isinstance(shape, type) else str(shape)


INPUT: Final = expression("$states.input")
SHORT_ERROR: Final = {
    "Error": expression("$states.errorOutput.Error"),
    "Cause": expression("$substring($states.errorOutput.Cause, 0, 500)"),
}
"""The caught error, shortened: the causes of all children of the largest request have to fit into
the results of a map, however many bytes of JSON their characters take."""
PAYLOAD: Final = expression("$states.result.Payload")
"""What a function returned."""
