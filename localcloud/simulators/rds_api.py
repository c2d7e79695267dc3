"""The endpoint of RDS: the simulated operations; a fallback serves the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from localcloud.simulators.call_pipeline import CallPipeline
from localcloud.simulators.errors import NOT_IMPLEMENTED, LostResponse, SimulatedError
from localcloud.simulators.query_protocol import (
    Document,
    Form,
    error_response,
    parse_form,
    result_response,
)
from localcloud.simulators.server import Request, Response

Fallback = Callable[[Request], Response]
"""Serves the operations that are not simulated."""


class Operation(NamedTuple):
    """An operation.

    Attributes:
        perform: returns the result, None if the operation has none; raises SimulatedError.
        resources: returns what a call names, the most specific name last.
    """

    perform: Callable[[Form], Document | None]
    resources: Callable[[Form], tuple[str, ...]]


class RdsApi:
    """Serves RDS requests."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        pipeline: CallPipeline,
        fallback: Fallback | None,
    ) -> None:
        self._operations = operations
        self._pipeline = pipeline
        self._fallback = fallback

    def respond(self, request: Request) -> Response | None:
        """Return the response to a request, None if it is to be lost."""
        form = parse_form(request.body)
        name = form.get("Action") or "UnknownOperation"
        operation = self._operations.get(name)
        if operation is None:
            if self._fallback is not None:
                return self._fallback(request)
            operation = _not_implemented(name)
        perform = operation.perform
        try:
            document = self._pipeline.run(name, operation.resources(form), lambda: perform(form))
        except LostResponse:
            return None
        except SimulatedError as error:
            return error_response(error)
        return result_response(name, document)


def _not_implemented(name: str) -> Operation:
    def refuse(_: Form) -> Document:
        raise SimulatedError(NOT_IMPLEMENTED, f"The local AWS does not serve {name}.")

    return Operation(refuse, lambda _: ())
