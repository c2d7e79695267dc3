"""From whatever arrived to a request, or to the list of all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lambdas.jobs.contract import is_correlation_id
from lambdas.jobs.registry import KINDS
from lambdas.requests.contract import Request
from lambdas.shared.limits import MAX_FAULTS_REPORTED
from lambdas.shared.model import Frozen, Internal
from lambdas.shared.texts import shorten

REQUESTED: Final = "Orchestration Requested"
"""The detail-type of an EventBridge event that carries a request as its detail."""

CLEAN_UP: Final = "clean_up"
"""The only field of a request to cancel what an execution left behind."""

STARTED_BY: Final = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
"""What a state machine that starts another one may add to its input, for the console to link the
two. Source: Step Functions developer guide, 'Associate workflow executions'."""

_KINDS: Final = tuple(kind.name for kind in KINDS)
_ANY_KIND: Final = " or ".join(map(repr, _KINDS))
_STACK_SETTINGS: Final = re.compile(r"bucket|role|kms|key", re.IGNORECASE)
_WHOLE: Final = "request"


class Fault(Internal):
    """One thing that is wrong with a request."""

    field: str
    rule: str


class RequestRejected(Exception):
    """The request breaks its contract; nothing has been started.

    Attributes:
        faults: all that is wrong, each named by its field.
        correlation_id: the caller's, where there is one to be made out.
    """

    def __init__(self, faults: tuple[Fault, ...], correlation_id: str | None = None) -> None:
        super().__init__("; ".join(f"{fault.field} {fault.rule}" for fault in faults))
        self.faults = faults
        self.correlation_id = correlation_id


class CleanUp(Internal):
    """Cancel what an execution has started and left behind, and publish its outcome."""

    execution_arn: str


class _CleanUpFields(Frozen):
    execution_arn: str


class _CleanUpInput(Frozen):
    clean_up: _CleanUpFields


def clean_up(raw: object, *, own_execution_arn: str) -> CleanUp | None:
    """Return the clean-up that an execution's input asks for, None where it is a request.

    The stack's own rule starts one when an execution was aborted, timed out or ended by the
    engine; a person may, too.

    Args:
        raw: the execution's input.
        own_execution_arn: of the execution that it was given to.

    Raises:
        RequestRejected: when it does not name an execution of the same state machine.
    """
    if not isinstance(raw, dict) or CLEAN_UP not in raw:
        return None
    try:
        asked = _CleanUpInput.model_validate(_without_starter(raw)).clean_up
    except ValidationError as error:
        raise RequestRejected(_faults(error, ())) from error
    machine = own_execution_arn.rpartition(":")[0]
    if asked.execution_arn.rpartition(":")[0] != machine:
        raise RequestRejected((_not_an_execution(f"must be an execution ARN: {machine}:NAME"),))
    return CleanUp(execution_arn=asked.execution_arn)


def no_such_execution(rule: str) -> RequestRejected:
    """Return the rejection of a clean-up whose execution there is nothing to do for."""
    return RequestRejected((_not_an_execution(rule),))


def _not_an_execution(rule: str) -> Fault:
    return Fault(field=f"{CLEAN_UP}.execution_arn", rule=rule)


def parse(raw: object, *, region: str) -> Request:
    """Read a request in any of its shapes: whole, one stage, a bare job.

    Args:
        raw: the execution's input, or that for which its event stands.
        region: the stack's Region, in which an export's source has to be.

    Raises:
        RequestRejected: with every fault, named by its field as the caller wrote it.
    """
    if not isinstance(raw, dict):
        raise RequestRejected((Fault(field=_WHOLE, rule="must be a JSON object"),))
    body = _without_starter(raw)
    whole, prefix = _expand_shorthand(body)
    try:
        return Request.model_validate(whole, context={"region": region})
    except ValidationError as error:
        correlation_id = body.get("correlation_id")
        legal = is_correlation_id(correlation_id)
        raise RequestRejected(_faults(error, prefix), correlation_id if legal else None) from error


def _without_starter(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != STARTED_BY}


def _expand_shorthand(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """Return the request in full, and the location that the shorthand stands for."""
    outer = {name: body[name] for name in ("correlation_id",) if name in body}
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
    faults = [
        Fault(field=_field(detail, prefix), rule=_rule(detail))
        for detail in details[:MAX_FAULTS_REPORTED]
    ]
    if len(details) > MAX_FAULTS_REPORTED:
        rest = len(details) - MAX_FAULTS_REPORTED
        faults.append(Fault(field=_WHOLE, rule=f"has {rest} more faults"))
    return tuple(faults)


def _field(detail: ErrorDetails, prefix: tuple[str | int, ...]) -> str:
    """Write a location as a caller would: stages[0].jobs[1].target."""
    loc = detail["loc"]
    location = [
        part
        for index, part in enumerate(loc)
        if not (part in _KINDS and index >= 2 and loc[index - 2] == "jobs")
    ]
    if detail["type"].startswith("union_tag"):
        location.append("kind")
    if tuple(location[: len(prefix)]) == prefix:
        location = location[len(prefix) :]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return shorten(path.removeprefix(".")) or _WHOLE


def _rule(detail: ErrorDetails) -> str:
    """Say the broken rule in words that follow the field's name."""
    match detail["type"]:
        case "rule":
            return detail["msg"]
        case "missing" if detail["loc"] == ("stages",):
            return "is missing: a request holds stages, or jobs, or is itself one job"
        case "missing":
            return "is missing"
        case "tuple_type":
            return "must be a list"
        case "model_type" | "model_attributes_type":
            return "must be a JSON object"
        case "union_tag_not_found":
            return f"is missing: a job is of kind {_ANY_KIND}"
        case "union_tag_invalid":
            return f"is {shorten(detail['ctx']['tag'])!r}; it must be {_ANY_KIND}"
        case "extra_forbidden" if _STACK_SETTINGS.search(str(detail["loc"][-1])):
            return "is not for a request to say: bucket, role and key are settings of the stack"
        case "extra_forbidden":
            return "is not a field of this contract"
        case _:
            return detail["msg"].replace("Input should", "should", 1)
