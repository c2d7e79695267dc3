"""Validation errors in plain words, the same for requests and settings.

A rule follows the name of its field: "target must be one of ...".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from lambdas.shared.limits import MAX_FAULTS_REPORTED
from lambdas.shared.texts import shorten

RULE: Final = "rule"
UNKNOWN_FIELD: Final = "unknown_field"
MORE: Final = "more"
"""The types of errors in plain words; MORE has the `count` of those that it replaces."""

IS_MISSING: Final = "is missing"

MAX_ECHO_BYTES: Final = 60
"""Of the invalid value, as a fault repeats it."""

_QUOTED: Final = re.compile(r"'([^']*)'")
"""How pydantic lists the values that it expects."""


def broken_rule(text: str) -> PydanticCustomError:
    """Return a field's error; the text follows the field's name."""
    return PydanticCustomError(RULE, "{text}", {"text": text})


def fault_at(location: tuple[str | int, ...], text: str) -> ValidationError:
    """Return the error of a field nested in the model whose validator found it."""
    return _error([{"type": broken_rule(text), "loc": location, "input": None}])


def nearest(written: object, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant, ignoring case; None if none is close.

    A word that differs by one edit is close, however short it is, and so is one that continues
    the written one with an underscore.
    """
    if not isinstance(written, str) or not written:
        return None
    folded = written.casefold()
    length = len(folded)
    by_folded = {word.casefold(): word for word in words}
    longer = [word for word in by_folded if word.startswith(f"{folded}_")]
    alike = [word for word in by_folded if abs(len(word) - length) <= max(1, length - 1)]
    cutoff = max(0.5, min(0.7, (length - 1) / length))
    found = longer or get_close_matches(folded, alike, n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else None


def one_of(written: object, words: Sequence[str]) -> str:
    """Return the rule of a field with a fixed set of values, with a suggestion if one is close."""
    rule = f"must be one of {', '.join(words)}; got {echo(written)}"
    return rule + did_you_mean(nearest(written, words))


def unknown_field(name: str, known: Iterable[str]) -> str:
    """Return the rule of a field that does not exist, with a suggestion if one is close."""
    return "is an unknown field" + did_you_mean(nearest(name, known))


def echo(value: object) -> str:
    """Return an invalid value as JSON, shortened."""
    match value:
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case str():
            return f'"{shorten(json.dumps(value, ensure_ascii=False)[1:-1], MAX_ECHO_BYTES)}"'
        case _:
            return shorten(json.dumps(value, default=str), MAX_ECHO_BYTES)


def place(location: Iterable[str | int]) -> str:
    """Return a location as a path in JSON: stages[0].jobs[1].target."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return shorten(path.removeprefix("."))


def in_plain_words(error: ValidationError, fields: Iterable[str]) -> ValidationError:
    """Return a model's first errors with rules as messages, and the number of the others.

    The errors of nested models are in plain words already.

    Args:
        error: of the model.
        fields: the model's own.
    """
    known = tuple(fields)
    details = error.errors(include_url=False)
    one_by_one = [detail for detail in details if detail["type"] != MORE]
    shown = [_in_plain_words(detail, known) for detail in one_by_one[:MAX_FAULTS_REPORTED]]
    more = len(one_by_one) - len(shown)
    more += sum(detail["ctx"]["count"] for detail in details if detail["type"] == MORE)
    if more:
        context = {"text": f"has {more} more faults", "count": more}
        shown.append(_fault(MORE, context, (), None))
    return _error(shown)


def _error(details: Iterable[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data("faults", list(details))


def _in_plain_words(detail: ErrorDetails, known: tuple[str, ...]) -> InitErrorDetails:
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind, location, written = detail["type"], detail["loc"], detail["input"]
    if kind in (RULE, UNKNOWN_FIELD):
        return _fault(kind, context, location, written)
    if kind == "extra_forbidden":
        text = unknown_field(str(location[-1]), known)
        return _fault(UNKNOWN_FIELD, {"text": text, "known": known}, location, written)
    if kind.startswith("union_tag"):
        location, text = _of_discriminator(detail, context)
        return _fault(RULE, {"text": text}, location, written)
    return _fault(RULE, {"text": _rule(detail, context)}, location, written)


def _fault(
    kind: str, context: Mapping[str, Any], location: tuple[str | int, ...], written: object
) -> InitErrorDetails:
    error = PydanticCustomError(kind, "{text}", dict(context))
    return {"type": error, "loc": location, "input": written}


def _of_discriminator(
    detail: ErrorDetails, context: Mapping[str, Any]
) -> tuple[tuple[str | int, ...], str]:
    """Return the location and the rule of the field that names the kind of an object."""
    [name] = _QUOTED.findall(context["discriminator"])
    location, written = detail["loc"], detail["input"]
    if "expected_tags" in context:
        rule = one_of(written[name], _QUOTED.findall(context["expected_tags"]))
        return (*location, name), rule
    misspelled = nearest(name, (key for key in written if isinstance(key, str)))
    if misspelled is not None:
        return (*location, misspelled), unknown_field(misspelled, (name,))
    return (*location, name), IS_MISSING


def _rule(detail: ErrorDetails, context: Mapping[str, Any]) -> str:
    written = detail["input"]
    match detail["type"]:
        case "missing":
            return IS_MISSING
        case "enum" | "literal_error":
            return one_of(written, _QUOTED.findall(context["expected"]))
        case "greater_than_equal":
            rule = f"must be at least {_number(context['ge'])}"
        case "less_than_equal":
            rule = f"must be at most {_number(context['le'])}"
        case "greater_than":
            rule = f"must be more than {_number(context['gt'])}"
        case "too_long":
            return f"holds {context['actual_length']} items; at most {context['max_length']}"
        case "json_invalid":
            return f"is not JSON: {context['error']}"
        case kind if kind.startswith("int_"):
            rule = _whole_number(detail["loc"], written)
        case kind:
            rule = _TYPES.get(kind, "is not valid")
    return f"{rule}; got {echo(written)}"


def _number(bound: float) -> float:
    return int(bound) if bound == int(bound) else bound


def _whole_number(location: tuple[str | int, ...], written: object) -> str:
    seconds = " of seconds, such as 3600 for one hour" if _is_in_seconds(location) else ""
    return (
        f"must be a whole number{seconds}{', without quotes' if isinstance(written, str) else ''}"
    )


def _is_in_seconds(location: tuple[str | int, ...]) -> bool:
    return bool(location) and str(location[-1]).endswith("_seconds")


_TYPES: Final = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be a list",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "invalid_key": "must be made of characters that UTF-8 has",
    "string_unicode": "must be made of characters that UTF-8 has",
}


def did_you_mean(word: str | None) -> str:
    """Return a suggestion for the end of a rule, empty if there is none."""
    return f"; did you mean {word}?" if word is not None else ""
