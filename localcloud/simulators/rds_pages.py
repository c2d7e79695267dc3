"""The pages of an RDS list: in no order that a caller could rely on, as RDS promises none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

from localcloud.simulators.query_protocol import Document, Form, Value, page_size

Item = TypeVar("Item")


def page(
    form: Form,
    name: str,
    items: Iterable[Item],
    *,
    seed: int,
    arn: Callable[[Item], str],
    document: Callable[[Item], Document],
) -> Document:
    """Return the page that a call asks for, with the Marker of the next one if there is one.

    Args:
        form: the call.
        name: of the list in the response.
        items: all that the call asks for.
        seed: decides on the order, which is the same in every call.
        arn: of an item.
        document: what the response holds of an item.
    """
    size = page_size(form)

    def place(item: Item) -> str:
        return hashlib.sha256(f"{seed} {arn(item)}".encode()).hexdigest()

    left = sorted((one for one in items if place(one) > form.get("Marker", "")), key=place)
    listed = left[:size]
    fields: dict[str, Value] = {name: [document(one) for one in listed]}
    if len(left) > size:
        fields["Marker"] = place(listed[-1])
    return fields
