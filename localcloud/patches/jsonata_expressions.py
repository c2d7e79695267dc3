"""JSONata expressions are evaluated.

moto parses JSONata and never evaluates it (getmoto/moto#10105). It would do so by writing every
variable as source text before the expression: strings between quotes without escaping them, so
that a quote, a backslash or a newline in one breaks the expression or changes it; and 25 KB of
variables cost 40 ms to parse, each time. Here the expression alone is parsed, once, and variables
are bound to it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonata import Jsonata
from jsonata.utils import Utils

from localcloud.patches.jsonata_functions import functions
from localcloud.patches.patching import ASL, Json, Moto, Patches, moto
from localcloud.patches.query_failures import query_failure

_PARSED_EXPRESSIONS = 4096


class UndefinedResultError(Exception):
    """The expression gave nothing, which JSON cannot say."""


def mend(patches: Patches) -> None:
    """Evaluate with jsonata-python, in JSONata states and for variables in JSONPath states."""
    available = functions(patches.clock)
    jsonata = moto(f"{ASL}.jsonata.jsonata")

    def evaluate_state(string: Moto, env: Moto) -> None:
        try:
            env.stack.append(evaluate(string.expression, {**available, **_variables(env)}))
        except UndefinedResultError as error:
            raise query_failure(env, f"{_named(string)} returned nothing (undefined).") from error
        except Exception as error:
            raise query_failure(env, f"{_named(string)} failed: {_message(error)}") from error

    def evaluate_text(expression: str) -> Moto:
        try:
            return evaluate(expression, available)
        except UndefinedResultError:
            return None
        except Exception as error:
            raise jsonata.JSONataException("UNKNOWN", _message(error)) from error

    strings = moto(f"{ASL}.component.common.string.string_expression")
    patches.replace(strings.StringJSONata, "_eval_body", evaluate_state)
    patches.replace(jsonata, "_eval_jsonata", evaluate_text)
    patches.replace_imports(ASL, "encode_jsonata_variable_declarations", _declarations)
    store = moto(f"{ASL}.eval.variable_store").VariableStore
    patches.replace(store, "get_assigned_variables", _assigned_variables)


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Moto:
    """Return the value of a JSONata expression as plain JSON data of its own.

    Raises UndefinedResultError, or whatever jsonata-python raises.
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
    raise TypeError(f"{expression} returned an unsupported result type")


def _variables(env: Moto) -> dict[str, Any]:
    store = env.variable_store
    states = env.states._states_data
    context = json.loads(moto(f"{ASL}.utils.encoding").to_json_str(states["context"]))
    return {**store._outer_scope, **store._inner_scope, "states": {**states, "context": context}}


def _named(string: Moto) -> str:
    return f"The JSONata expression '{string.expression}'"


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__


def _declarations(bindings: Mapping[str, Any]) -> str:
    to_json = moto(f"{ASL}.utils.encoding").to_json_str
    return "".join(f"{name}:={to_json(value)};" for name, value in bindings.items())


def _assigned_variables(store: Moto) -> dict[str, str]:
    return {
        name: json.dumps(store.get(name), separators=(",", ":"))
        for name in sorted(store._declaration_tracing)
    }
