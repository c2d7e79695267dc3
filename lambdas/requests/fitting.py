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

TEXT_BYTES: Final = (MAX_TEXT_BYTES, 100, 48, 16)
"""Of a message or a warning: the more results, the shorter."""

RESULT_BYTES: Final = 330 + MAX_TEXT_BYTES
"""Of a result to come, without its id and details: the fields and the longest message."""

ENVELOPE_BYTES: Final = 2_048
"""Of a payload around its results: the wrapping of a function's response, and separators."""


def fitted(response: Response) -> Response:
    """Return a response whose payload fits, and leaves room for the results of what runs next."""
    if response.plan is not None:
        return response.replace(plan=_fitted_plan(response.plan))
    own, publish = response.outcome, response.publish
    if own is None:
        return response
    room = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES
    if publish is None:
        return response.replace(outcome=_fitted_outcome(own, room, least=Phase.FAILED))
    own = _fitted_outcome(own, room - payload_bytes(publish), least=None)
    publish = _fitted_outcome(publish, room - payload_bytes(own), least=Phase.FAILED)
    return response.replace(outcome=own, publish=publish)


def _fitted_plan(plan: Plan) -> Plan:
    """Return a plan beside which the results of its running work fit.

    The results of the execution that it cleans up after are packed, and the texts of its own are
    shortened.
    """
    to_come = sum(_bytes_to_come(work) for work in plan.running)
    size = payload_bytes(plan, exclude_defaults=True) + to_come + ENVELOPE_BYTES
    if size <= MAX_PAYLOAD_BYTES:
        return plan
    if plan.cleans_up is not None:
        return plan.replace(cleans_up=plan.cleans_up.packed())
    return plan.replace(entries=_shortened(plan.entries, size))


def _bytes_to_come(work: Work) -> int:
    return sum(RESULT_BYTES + len(name.encode()) for name in work.resource_ids())


def _shortened(entries: Sequence[Entry], size: int) -> tuple[Entry, ...]:
    """Return results with shorter texts, so that a payload of a size fits if that is possible."""
    before = sum(map(payload_bytes, entries))
    shorter = tuple(entries)
    for most in TEXT_BYTES[1:]:
        if size - before + sum(map(payload_bytes, shorter)) <= MAX_PAYLOAD_BYTES:
            break
        shorter = tuple(_with_texts(entry, most) for entry in entries)
    return shorter


def _with_texts(entry: Entry, most: int) -> Entry:
    update = {
        "message": shorten(entry.message, most),
        "warnings": tuple(shorten(warning, most) for warning in entry.warnings),
    }
    return entry.replace(**update)


def _fitted_outcome(outcome: Outcome, room: int, *, least: Phase | None) -> Outcome:
    """Return an outcome of at most `room` bytes.

    If shorter texts are not enough, results are left out.

    Args:
        outcome: with all results.
        room: in bytes.
        least: the phase of the results that are never left out; None if any may be, because those
            of a clean-up are in the outcome that it publishes too.
    """
    size = payload_bytes(outcome)
    if size <= room:
        return outcome
    entries = _shortened(outcome.resources, size - room + MAX_PAYLOAD_BYTES)
    over = payload_bytes(outcome.replace(resources=entries)) - room
    kept: list[Entry] = []
    for entry in entries:
        if over > 0 and entry.phase is not least:
            over -= payload_bytes(entry) + 1
        else:
            kept.append(entry)
    left_out = len(entries) - len(kept)
    if not left_out:
        return outcome.replace(resources=entries)
    summary = f"{left_out} results are left out, for lack of room; {outcome.summary}"
    return outcome.replace(resources=tuple(kept), summary=shorten(summary, MAX_CAUSE_BYTES))
