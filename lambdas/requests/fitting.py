"""What a request function returns fits into a payload, however many results there are.

A request may have twice as many results as it names campaigns, because a job that restores them has
results of its own, and the outcome of a clean-up comes beside the one that it publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan
from lambdas.requests.response import Response
from lambdas.shared.limits import MAX_CAUSE_BYTES, MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES
from lambdas.shared.texts import payload_bytes, shorten

TEXT_BYTES: Final = (100, 48, 16)
"""Of a message or a warning: the more there are, the shorter they are cut."""

RESULT_BYTES: Final = 345 + MAX_TEXT_BYTES
"""Of a campaign's result to come, at its longest, without its id. A test makes one."""

ROOM: Final = MAX_PAYLOAD_BYTES - 2_048
"""For what a function returns: the rest is the wrapping of its response."""


def fitted(response: Response) -> Response:
    """Return a response whose payload fits, and leaves room for the results of what runs next."""
    if response.plan is not None:
        return response.replace(plan=_fitted_plan(response.plan))
    own, publish = response.outcome, response.publish
    if own is None:
        return response
    if publish is None:
        return response.replace(outcome=_fitted_outcome(own, ROOM, never_left_out=Phase.FAILED))
    own = _fitted_outcome(own, ROOM - payload_bytes(publish), never_left_out=None)
    room = ROOM - payload_bytes(own)
    publish = _fitted_outcome(publish, room, never_left_out=Phase.FAILED)
    return response.replace(outcome=own, publish=publish)


def _fitted_plan(plan: Plan) -> Plan:
    """Return a plan beside which the results of its running work fit.

    The results of the execution that it cleans up after are packed, and the texts of its own are
    shortened.
    """
    to_come = sum(_bytes_to_come(work) for work in plan.running)
    over = payload_bytes(plan, exclude_defaults=True) + to_come - ROOM
    if over <= 0:
        return plan
    if plan.cleans_up is not None:
        return plan.replace(cleans_up=plan.cleans_up.packed())
    return plan.replace(entries=_shortened(plan.entries, over))


def _bytes_to_come(work: Work) -> int:
    return sum(RESULT_BYTES + len(name.encode()) for name in work.resource_ids())


def _shortened(entries: Sequence[Entry], over: int) -> tuple[Entry, ...]:
    """Return results with shorter texts, that take `over` bytes less if that is possible."""
    room = sum(map(payload_bytes, entries)) - over
    shorter = tuple(entries)
    for most in TEXT_BYTES:
        shorter = tuple(_with_texts(entry, most) for entry in entries)
        if sum(map(payload_bytes, shorter)) <= room:
            break
    return shorter


def _with_texts(entry: Entry, most: int) -> Entry:
    warnings = tuple(shorten(warning, most) for warning in entry.warnings)
    return entry.replace(message=shorten(entry.message, most), warnings=warnings)


def _fitted_outcome(outcome: Outcome, room: int, *, never_left_out: Phase | None) -> Outcome:
    """Return an outcome of at most `room` bytes.

    If shorter texts are not enough, results are left out.

    Args:
        outcome: with all results.
        room: in bytes.
        never_left_out: results of this phase; None for the outcome of a clean-up, whose results
            are in the outcome that it publishes too.
    """
    over = payload_bytes(outcome) - room
    if over <= 0:
        return outcome
    entries = _shortened(outcome.resources, over)
    over = payload_bytes(outcome.replace(resources=entries)) - room
    kept: list[Entry] = []
    for entry in entries:
        if over > 0 and entry.phase is not never_left_out:
            over -= payload_bytes(entry) + 1
        else:
            kept.append(entry)
    left_out = len(entries) - len(kept)
    if not left_out:
        return outcome.replace(resources=entries)
    summary = f"{left_out} results are left out, for lack of room; {outcome.summary}"
    return outcome.replace(resources=tuple(kept), summary=shorten(summary, MAX_CAUSE_BYTES))
