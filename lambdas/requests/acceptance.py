"""From an execution's input to a request, or to the list of its faults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lambdas.jobs.contract import is_correlation_id, is_description
from lambdas.jobs.registry import KINDS
from lambdas.requests.contract import Request
from lambdas.shared.faults import IS_MISSING, UNKNOWN_FIELD, echo, nearest, place, unknown_field
from lambdas.shared.limits import MAX_FAULTS_REPORTED
from lambdas.shared.model import Frozen, Internal

REQUESTED: Final = "Orchestration Requested"
"""The detail-type of an EventBridge event that carries a request as its detail."""

CLEAN_UP: Final = "clean_up"
"""The only field of a request to clean up after an execution."""

STARTED_BY: Final = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""A field that a state machine may add to the input of one that it starts, so that the console
links the two. Source: Step Functions developer guide, 'Associate workflow executions'."""

SCHEMA: Final = "$schema"

IGNORED: Final = MappingProxyType(
    {
        SCHEMA: "the schema by which an editor checks the request; ignored",
        STARTED_BY: "added by a state machine that starts this one; ignored",
    }
)
"""What an input may hold beside a request, and why."""

_KINDS: Final = tuple(kind.name for kind in KINDS)
_OF_A_REQUEST: Final = ("correlation_id", "description", "dry_run")
"""The fields that a request may have in each of its shapes, besides those of the shape."""
_SHAPES: Final = ("stages", "jobs", "kind", "target", CLEAN_UP)
"""The fields that distinguish the shapes of an input."""
_STACK_SETTINGS: Final = re.compile(r"bucket|role|kms|key", re.IGNORECASE)
_EXECUTIONS: Final = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:/]+")
"""What the ARNs of one state machine's executions begin with."""
_WHOLE: Final = "request"
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Fault(Internal):
    """One thing that is wrong with a request.

    Attributes:
        field: its place in the request, such as `stages[0].run`; `request` for all of it.
        rule: what the field must be, and what was written.
    """

    field: str
    rule: str


class RequestRejected(Exception):
    """The request breaks its contract; nothing has been started.

    Attributes:
        faults: all faults, each with its field.
        correlation_id: the caller's, None if it is missing or invalid.
        description: likewise.
    """

    def __init__(self, faults: tuple[Fault, ...], request: Mapping[str, object] = _NOTHING) -> None:
        super().__init__("; ".join(f"{fault.field} {fault.rule}" for fault in faults))
        self.faults = faults
        correlation_id, description = request.get("correlation_id"), request.get("description")
        self.correlation_id = correlation_id if is_correlation_id(correlation_id) else None
        self.description = description if is_description(description) else None


class CleanUp(Internal):
    """Cancel what an execution has started and left behind, and publish its outcome."""

    execution_arn: str


class CleanUpFields(Frozen):
    """The execution to clean up after.

    Attributes:
        execution_arn: of an execution of the same state machine that has ended.
    """

    execution_arn: str


class CleanUpInput(Frozen):
    """Clean up after an execution: undo what it left behind, and publish its outcome.

    Attributes:
        clean_up: the execution.
    """

    clean_up: CleanUpFields


def clean_up(raw: object, *, own_execution_arn: str | None) -> CleanUp | None:
    """Return the clean-up that an execution's input requests, None if it is another request.

    The stack's rule starts one when an execution was aborted, timed out or was ended by Step
    Functions; a person may start one too.

    Args:
        raw: the execution's input.
        own_execution_arn: the ARN of that execution; None if its state machine is not known.

    Raises:
        RequestRejected: when it does not name an execution of the same state machine.
    """
    if not isinstance(raw, dict) or CLEAN_UP not in raw:
        return None
    try:
        requested = CleanUpInput.model_validate(_without_ignored(raw)).clean_up
    except ValidationError as error:
        raise RequestRejected(_faults(error, ())) from error
    machine = requested.execution_arn.rpartition(":")[0]
    if own_execution_arn is None:
        own = "arn:aws:states:REGION:ACCOUNT:execution:MACHINE"
        is_own = _EXECUTIONS.fullmatch(machine) is not None
    else:
        own = own_execution_arn.rpartition(":")[0]
        is_own = machine == own
    if not is_own:
        rule = f"must be an execution ARN: {own}:NAME; got {echo(requested.execution_arn)}"
        raise RequestRejected((_not_an_execution(rule),))
    return CleanUp(execution_arn=requested.execution_arn)


def no_such_execution(rule: str) -> RequestRejected:
    """Return the rejection of a clean-up after an execution that needs none."""
    return RequestRejected((_not_an_execution(rule),))


def _not_an_execution(rule: str) -> Fault:
    return Fault(field=f"{CLEAN_UP}.execution_arn", rule=rule)


def parse(raw: object, *, region: str | None, account: str | None) -> Request:
    """Read a request in any of its shapes: whole, one stage, a bare job.

    Args:
        raw: the execution's input, or the one that its event stands for.
        region: the stack's Region, which all named resources must be in; None if not known.
        account: the stack's account, likewise.

    Raises:
        RequestRejected: with every fault, each with its field as the caller wrote it.
    """
    if not isinstance(raw, dict):
        rule = f"must be a JSON object; got {echo(raw)}"
        raise RequestRejected((Fault(field=_WHOLE, rule=rule),))
    body = _without_ignored(raw)
    misspelled = _misspelled_shapes(body)
    if misspelled:
        raise RequestRejected(misspelled, body)
    whole, prefix = _expand_shorthand(body)
    home = {name: value for name, value in (("region", region), ("account", account)) if value}
    try:
        return Request.model_validate(whole, context=home)
    except ValidationError as error:
        raise RequestRejected(_faults(error, prefix), body) from error


def _without_ignored(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in IGNORED}


def _misspelled_shapes(body: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return the misspelled fields because of which the shape of an input is not known."""
    if any(name in body for name in _SHAPES):
        return ()
    misspelled = (
        Fault(field=place((name,)), rule=unknown_field(name, _SHAPES))
        for name in body
        if name not in _OF_A_REQUEST and nearest(name, _SHAPES) is not None
    )
    return tuple(islice(misspelled, MAX_FAULTS_REPORTED))


def _expand_shorthand(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """Return the request in full, and the location that the shorthand stands for."""
    outer: dict[str, Any] = {name: body[name] for name in _OF_A_REQUEST if name in body}
    inner = {name: value for name, value in body.items() if name not in outer}
    if "stages" in body:
        return body, ()
    if "jobs" in body:
        return {"stages": [inner], **outer}, ("stages", 0)
    if "kind" in body or "target" in body:
        return {"stages": [{"jobs": [inner]}], **outer}, ("stages", 0, "jobs", 0)
    return body, ()


def _faults(error: ValidationError, prefix: tuple[str | int, ...]) -> tuple[Fault, ...]:
    details = error.errors(include_url=False, include_input=False)
    return tuple(_fault(detail, prefix) for detail in details)


def _fault(detail: ErrorDetails, prefix: tuple[str | int, ...]) -> Fault:
    """Return a fault with its field as the caller wrote it, in the shape that was used."""
    location = _without_kinds(detail["loc"])
    field = location[len(prefix) :] if location[: len(prefix)] == prefix else location
    beside = (SCHEMA, *(_OF_A_REQUEST if prefix else ())) if location[:-1] == prefix else ()
    return Fault(field=place(field) or _WHOLE, rule=_rule(detail, location, beside))


def _without_kinds(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Leave out the kind of a job, which pydantic names after the job's index."""
    return tuple(
        part
        for index, part in enumerate(location)
        if not (part in _KINDS and index >= 2 and location[index - 2] == "jobs")
    )


def _rule(detail: ErrorDetails, location: tuple[str | int, ...], beside: tuple[str, ...]) -> str:
    """Return the broken rule; `beside` are fields that are allowed there too."""
    rule = detail["msg"]
    if detail["type"] == UNKNOWN_FIELD:
        name = str(location[-1])
        if _STACK_SETTINGS.search(name):
            return "is configured on the stack, not per request"
        return unknown_field(name, (*detail["ctx"]["known"], *beside))
    if rule == IS_MISSING and location == ("stages",):
        return f"{IS_MISSING}: a request holds stages, or jobs, or is itself one job"
    if rule == IS_MISSING and location[-1:] == ("kind",):
        return f"{IS_MISSING}; must be one of {', '.join(_KINDS)}"
    return rule
