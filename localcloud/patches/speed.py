"""What moto works out again for each request, or copies for each state, is kept or copied at once.

Its server lists the 180 folders of its package for each request, and the methods of the service,
which takes a millisecond. For each field of each answer it works out under which names an object
may hold it: most of the time of GetExecutionHistory. And its interpreter copies JSON with
`copy.deepcopy`, which takes five times as long as copying what JSON may hold.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Final

from localcloud.patches.patching import ASL, Json, Moto, Patches, moto

_NAMES: Final = "_names_of_the_local_aws"
"""Where a shape of botocore keeps the names under which objects may hold it."""


def apply(patches: Patches) -> None:
    """Keep folders, methods and names, and copy JSON as JSON."""
    backends = moto("backends")
    folders = _folders()
    patches.replace(backends, "list_of_moto_modules", lambda: folders)
    patches.replace(moto("core.responses"), "method_names_from_class", _methods)
    _apply_to_names(patches)
    moto("stepfunctions.parser.models")  # imports whatever copies
    copying = SimpleNamespace(copy=copy.copy, deepcopy=json_copy)
    patches.replace_everywhere(ASL, copy, copying)


def _apply_to_names(patches: Patches) -> None:
    def names(picker: Moto, context: Moto) -> Iterator[str]:
        if context.shape is None or hasattr(context.obj, "Meta"):  # which has names of its own
            found: Iterator[str] = original(picker, context)
            return found
        known: dict[object, tuple[str, ...]] = vars(context.shape).setdefault(_NAMES, {})
        holder = (context.key, type(context.obj))
        if holder not in known:
            known[holder] = tuple(dict.fromkeys(original(picker, context)))
        return iter(known[holder])

    pickers = moto("core.serialize")
    original = patches.replace(pickers.XFormedAttributePicker, "get_possible_keys", names)


@cache
def _folders() -> frozenset[str]:
    return frozenset(moto("backends").list_of_moto_modules())


@cache
def _methods(service: type) -> frozenset[str]:
    return frozenset(moto("core.utils").method_names_from_class(service))


def json_copy(value: Json) -> Json:
    """Return a copy of a value, and of all that is in it."""
    kind = type(value)
    if kind is dict:
        return {key: json_copy(item) for key, item in value.items()}
    if kind is list:
        return [json_copy(item) for item in value]
    if value is None or kind in {str, int, float, bool}:
        return value
    return copy.deepcopy(value)
