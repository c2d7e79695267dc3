"""JSONata expressions are evaluated.

moto parses JSONata and never evaluates it (getmoto/moto#10105). It prepares an evaluation by
writing every variable as source text before the expression, with strings unescaped, so that a
quote, a backslash or a newline breaks or changes the expression; 25 KB of variables take 40 ms to
parse each time. Here the expression alone is parsed, once, and variables are bound to it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

from localcloud.patches.expressions.failures import json_text, query_failure
from localcloud.patches.expressions.functions import functions
from localcloud.patches.patching import ASL, Json, Moto, Patches, moto

_PARSED_EXPRESSIONS = 4096


_CONDITION = re.compile(r"Choices\[\d+\]/Condition")

_TYPES = {
    "Cause": "string",
    "Error": "string",
    "Items": "array",
    "MaxConcurrency": "number",
    "Seconds": "number",
    "TimeoutSeconds": "number",
    "HeartbeatSeconds": "number",
    "Timestamp": "string",
}
"""What an expression must return that is all of a field. Source: the States Language."""


class UndefinedResultError(Exception):
    """The expression returned nothing, which JSON cannot represent."""


class UnsupportedResultError(Exception):
    """The expression returned something else that JSON cannot represent: a function."""


def apply(patches: Patches) -> None:
    """Evaluate the expressions of JSONata states with jsonata-python."""
    available = functions(patches.clock)

    def evaluate_state(string: Moto, env: Moto) -> None:
        try:
            value = evaluate(string.expression, {**available, **_variables(env)})
        except UndefinedResultError as error:
            raise _failure(env, string, " returned nothing (undefined).") from error
        except UnsupportedResultError as error:
            raise _failure(env, string, " returned an unsupported result type.") from error
        except Exception as error:
            message = f" threw an error during evaluation{_message(error)}"
            raise _failure(env, string, message) from error
        _check_type(env, string, value)
        env.stack.append(value)

    strings = moto(f"{ASL}.component.common.string.string_expression")
    patches.replace(strings.StringJSONata, "_eval_body", evaluate_state)


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Moto:
    """Return the value of a JSONata expression as a copy in plain JSON types.

    Raises UndefinedResultError, UnsupportedResultError, or whatever jsonata-python raises.
    """
    parsed = copy.copy(_parsed(expression))
    nullable = {
        name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()
    }
    return _plain(parsed.evaluate(None, nullable), expression)


@lru_cache(maxsize=_PARSED_EXPRESSIONS)
def _parsed(expression: str) -> Jsonata:
    parsed = Jsonata(expression)
    parsed.set_output_convert_nulls(False)  # null is a value, undefined is a failure
    return parsed


def _plain(value: Json, expression: str) -> Moto:
    if value is None:
        raise UndefinedResultError(expression)
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {
            key: None if item is None else _plain(item, expression) for key, item in value.items()
        }
    if isinstance(value, list):
        return [None if item is None else _plain(item, expression) for item in value]
    if isinstance(value, str | int | float):
        return value
    raise UnsupportedResultError(expression)


def _variables(env: Moto) -> dict[str, Any]:
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope, "states": env.states._states_data}


def _failure(env: Moto, string: Moto, problem: str) -> Exception:
    cause = (
        f"The JSONata expression '{string.expression}' specified for the field "
        f"'{string.field}'{problem}"
    )
    return query_failure(env, cause, string.field)


def _message(error: Exception) -> str:
    """Return how AWS goes on: with a full stop before a JSONata code, else with a colon."""
    if isinstance(error, JException):
        return f". {error.error}: {error}"
    return f": {str(error) or type(error).__name__}"


def _check_type(env: Moto, string: Moto, value: Json) -> None:
    is_condition = _CONDITION.fullmatch(string.field)
    expected = "boolean" if is_condition else _TYPES.get(string.field)
    if expected not in {None, _type_of(value)}:
        problem = (
            f" returned an unexpected result type. Expected '{expected}', "
            f"but was '{_type_of(value)}' for value: {json_text(value)}"
        )
        raise _failure(env, string, problem)


def _type_of(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]
