"""What the tests of the stack call its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

State = Mapping[str, Any]
Template = dict[str, Any]
Functions = dict[str, dict[str, Any]]


class Task(NamedTuple):
    """A Task state and the logical id of the function that it invokes, if it invokes one."""

    state: State
    function: str | None


def as_task(state: State) -> Task:
    name = str(state.get("Arguments", {}).get("FunctionName"))
    invoked = re.fullmatch(r"\$\{(\w+)\.Arn\}(:.*)?", name)
    return Task(state, invoked[1] if invoked else None)
