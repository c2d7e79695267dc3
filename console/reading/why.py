"""Why a request failed, or what it waits for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from console.reading.hints import advice_on
from console.reading.kinds import comment_on
from console.reading.model import Explanation, Request, Resource
from console.reading.requests import short, who
from console.reading.summaries import PENDING_REDRIVE
from console.reading.texts import counted
from console.reading.visits import FAILED, RUNNING, SUCCEEDED, Visits
from lambdas.jobs.phases import Phase, Reason
from lambdas.requests.clean_up import message_of
from lambdas.requests.outcome import REQUEST_FAILED, REQUEST_REJECTED

MAX_LINES: Final = 20
"""Resources or faults; the others are counted."""


def explain(
    request: Request, *, visits: Visits, was_published: bool, notice_topic_arn: str | None
) -> Explanation:
    """Explain a request.

    Args:
        request: as it is known.
        visits: of its execution.
        was_published: whether its clean-up has published its outcome.
        notice_topic_arn: where notices of outcomes are published, None if there are none.
    """
    match request.summary.status:
        case "RUNNING":
            return _waits(request)
        case "SUCCEEDED":
            return _succeeded(request)
        case _ if request.summary.reason == REQUEST_REJECTED:
            return _rejected(request)
        case _:
            lines = tuple(_after_the_end(request, notice_topic_arn, was_published=was_published))
            return _failed(request, visits, lines)


def _waits(request: Request) -> Explanation:
    summary = request.summary
    waiting = [
        resource
        for resource in request.resources
        if resource.wait is not None and resource.child_arn is not None
    ]
    headline = f"{summary.correlation_id} is running"
    if request.waits_for is not None:
        headline = f"{summary.correlation_id} waits: {request.waits_for}"
    lines = list(_grouped(waiting))
    lines += _ends(waiting)
    words = [resource.phase for resource in waiting if resource.phase != Phase.IN_PROGRESS]
    kind = next((resource.kind for resource in waiting if resource.phase in words), None)
    return Explanation(
        headline=headline, lines=tuple(lines), hint=_hint(words[0] if words else None, kind)
    )


def _grouped(waiting: Sequence[Resource]) -> Iterator[str]:
    """Yield one line for each reason."""
    by_reason: dict[str, list[Resource]] = {}
    for resource in waiting:
        if resource.wait is not None:
            by_reason.setdefault(resource.wait.reason, []).append(resource)
    for reason, each in list(by_reason.items())[:MAX_LINES]:
        yield f"{who(each)}: {reason}"


def _ends(waiting: Iterable[Resource]) -> Iterator[str]:
    """Yield for each waiting state since when, and what would end the wait."""
    seen: set[str] = set()
    for resource in waiting:
        wait = resource.wait
        if wait is None or wait.state_name in seen:
            continue
        seen.add(wait.state_name)
        until = f", until {wait.until} at the latest" if wait.until else ""
        comment = comment_on(resource.kind, wait.state_name)
        means = f": {comment}" if comment else ""
        yield f"in {wait.state_name} since {wait.since}{until}{means}"


def _succeeded(request: Request) -> Explanation:
    warned = [resource for resource in request.resources if resource.warnings]
    lines = (f"{short(each.id)}: {'; '.join(each.warnings)}" for each in warned)
    headline = request.summary.summary or "every resource reached its target"
    return Explanation(headline=headline, lines=tuple(_limited(lines, len(warned))))


def _rejected(request: Request) -> Explanation:
    outcome = request.outcome
    faults = outcome.get("faults") if isinstance(outcome, dict) else None
    if not isinstance(faults, list):
        faults = []
    lines = (
        f"{fault.get('field')} {fault.get('rule')}" for fault in faults if isinstance(fault, dict)
    )
    return Explanation(
        headline="the request breaks its contract, and nothing was started",
        lines=tuple(_limited(lines, len(faults))),
        hint=_hint(REQUEST_REJECTED),
    )


def _failed(request: Request, visits: Visits, after: Sequence[str]) -> Explanation:
    failed = [resource for resource in request.resources if resource.phase == Phase.FAILED]
    causes = [each for each in failed if each.reason != Reason.STAGE_SKIPPED]
    first = min(causes, key=lambda each: each.ended_at or "", default=None)
    lines = list(_limited((_result(each) for each in _first_first(failed, first)), len(failed)))
    reason = request.summary.reason
    ended_by_itself = reason == REQUEST_FAILED
    if not ended_by_itself:
        lines += after
    hint = _hint(first.reason, first.kind) if ended_by_itself and first else _hint(reason)
    return Explanation(
        headline=_headline(request, causes, first)
        if ended_by_itself and first is not None
        else f"{reason}: {_end(visits)}",
        lines=tuple(lines),
        hint=hint,
    )


def _end(visits: Visits) -> str:
    """Return how an execution ended that was cut short, or whose workflow failed."""
    advice = advice_on(visits.error or "") if visits.status == FAILED else None
    if advice is not None:
        return f"{advice.cause}: {visits.cause}" if visits.cause else advice.cause
    return message_of(visits.status, visits.error, visits.cause)


def _headline(request: Request, causes: Sequence[Resource], first: Resource) -> str:
    advice = advice_on(first.reason or "", first.kind)
    total = len(request.resources)
    count = f"{len(causes)} of {counted(total, 'resource')} failed"
    meaning = advice.cause if advice is not None else first.message
    return f"{count}, first {short(first.id)}: {first.reason}: {meaning}"


def _first_first(failed: Sequence[Resource], first: Resource | None) -> Iterator[Resource]:
    if first is not None:
        yield first
    yield from (each for each in failed if each is not first)


def _result(resource: Resource) -> str:
    message = f": {resource.message}" if resource.message else ""
    return f"{short(resource.id)} ({resource.target}): {resource.reason}{message}"


def _after_the_end(
    request: Request, notice_topic_arn: str | None, *, was_published: bool
) -> Iterator[str]:
    """Yield who ended an execution, what its clean-up did and who has learned of it."""
    ended = request.clean_up
    if ended is None:
        yield "no clean-up has started yet, as far as is known"
        return
    yield f"clean-up {ended.name}: {ended.status}" + (f": {ended.summary}" if ended.summary else "")
    if ended.status in (RUNNING, PENDING_REDRIVE):
        yield "its outcome is published when the clean-up has ended"
        return
    if ended.status != SUCCEEDED:
        yield "the clean-up failed: exports, snapshots and campaigns may be as they were left"
    if not was_published:
        yield "the outcome was not published"
    elif notice_topic_arn is not None:
        yield f"the outcome was published, and people were notified through {notice_topic_arn}"
    else:
        yield "the outcome was published on the event bus; the stack sends no notices"


def _limited(lines: Iterable[str], total: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == MAX_LINES:
            yield f"and {total - MAX_LINES} more"
            return
        yield line


def _hint(word: str | None, kind: str | None = None) -> str | None:
    advice = advice_on(word, kind) if word is not None else None
    return advice.action if advice is not None else None
