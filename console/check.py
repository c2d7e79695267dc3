"""Whether a request would be accepted: the contract that AcceptRequest checks, without a call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from console.words import StageInWords, in_words
from lambdas.campaigns.contract import CAMPAIGN_ARN
from lambdas.exports.contract import SOURCE_ARN
from lambdas.requests.acceptance import Fault, RequestRejected, clean_up, parse
from lambdas.requests.contract import Request
from lambdas.requests.events import input_of_event
from lambdas.shared.faults import place

ARN_FIELDS: Final = ("source_arn", "snapshot_arn", "campaign_ids", "execution_arn")
"""The fields of a request in which an ARN names an account and a Region."""

_PLACES: Final = (
    SOURCE_ARN,
    CAMPAIGN_ARN,
    re.compile(r"arn:aws[a-z-]*:states:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):execution:.*"),
)

Location = tuple[str | int, ...]


class Context(NamedTuple):
    """Where the request would run; None for what is not known.

    Attributes:
        state_machine_arn: after whose executions it may clean up.
    """

    account: str | None = None
    region: str | None = None
    state_machine_arn: str | None = None


UNKNOWN: Final = Context()


class RequestInvalid(Exception):
    """A request is not valid; nothing has been started."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field} {fault.rule}" for fault in faults))
        self.faults = tuple(faults)


class Checked(NamedTuple):
    """What came of a check.

    Attributes:
        faults: none if the request is valid.
        stages: what it would do, in words.
        request: in full, None if it is invalid, a clean-up, or known to its stack only.
        not_checked: what nobody could know, in words.
    """

    faults: tuple[Fault, ...] = ()
    stages: tuple[StageInWords, ...] = ()
    request: Request | None = None
    not_checked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the value as JSON types."""
        return {
            "valid": not self.faults,
            "faults": [fault.model_dump() for fault in self.faults],
            "stages": [stage._asdict() for stage in self.stages],
            "not_checked": list(self.not_checked),
        }


def checked(given: object, context: Context = UNKNOWN) -> Checked:
    """Check an execution's input: a request in any of its shapes, a clean-up, or an event."""
    try:
        body = input_of_event(given, ())
    except RequestRejected:
        # Of a new snapshot: only the stack's setting says which requests these events stand for.
        return Checked(not_checked=("whether the setting snapshot_exports exports this snapshot",))
    execution = _any_execution(context.state_machine_arn)
    try:
        if clean_up(body, own_execution_arn=execution) is not None:
            unknown: tuple[str, ...] = ()
            if execution is None:
                unknown = ("whether the execution is of the stack",)
            return Checked(
                _elsewhere(body, context),
                not_checked=(*unknown, "whether the execution has ended"),
            )
        request = parse(body, region=context.region, account=context.account)
    except RequestRejected as rejection:
        known = {fault.field for fault in rejection.faults}
        others = (fault for fault in _elsewhere(body, context) if fault.field not in known)
        return Checked((*rejection.faults, *others))
    faults = _elsewhere(body, context)
    if faults:
        return Checked(faults)
    request_unknown = _not_checked(body, context)
    return Checked(stages=in_words(request), request=request, not_checked=request_unknown)


def _any_execution(state_machine_arn: str | None) -> str | None:
    if state_machine_arn is None:
        return None
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:any"


def _elsewhere(body: object, context: Context) -> tuple[Fault, ...]:
    """Return the ARNs of another account or Region than the stack's; if not known, the first's."""
    found = tuple(_arns(body))
    if not found:
        return ()
    first, account, region = found[0]
    home = (context.account or account, context.region or region)
    known = all(context[:2])

    def fault(location: Location, account: str, region: str) -> Fault:
        other = "this stack" if known or location == first else place(first)
        rule = (
            f"is in account {account}, Region {region}, and {other} in account {home[0]},"
            f" Region {home[1]}: a request is about one account and Region"
        )
        return Fault(field=place(location), rule=rule)

    return tuple(fault(*each) for each in found if each[1:] != home)


def _not_checked(body: object, context: Context) -> tuple[str, ...]:
    parts = (("account", context.account), ("Region", context.region))
    unknown = " and ".join(word for word, known in parts if known is None)
    if not unknown or next(_arns(body), None) is None:
        return ()
    return (f"whether the ARNs are in the stack's {unknown}",)


def _arns(
    value: object, location: Location = (), *, is_arn: bool = False
) -> Iterator[tuple[Location, str, str]]:
    """Yield the place, account and Region of each ARN that a request names."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _arns(inner, (*location, str(name)), is_arn=name in ARN_FIELDS)
        case list():
            for index, inner in enumerate(value):
                yield from _arns(inner, (*location, index), is_arn=is_arn)
        case str() if is_arn:
            found = next(filter(None, (arn.fullmatch(value) for arn in _PLACES)), None)
            if found is not None:
                yield location, found["account"], found["region"]
