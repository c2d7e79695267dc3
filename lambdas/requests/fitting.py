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
    if response.outcome is None:
        return response
    own, publish = response.outcome, response.publish
    published = 0 if publish is None else payload_bytes(publish)
    own = _fitted_outcome(own, MAX_PAYLOAD_BYTES - ENVELOPE_BYTES - published)
    if publish is not None:
        room = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES - payload_bytes(own)
        publish = _fitted_outcome(publish, room)
    return response.replace(outcome=own, publish=publish)


def _fitted_plan(plan: Plan) -> Plan:
    """Shorten the texts of results so that those of the running work fit beside them."""
    to_come = sum(_bytes_to_come(work) for work in plan.running)
    size = payload_bytes(plan, exclude_defaults=True) + to_come + ENVELOPE_BYTES
    if size <= MAX_PAYLOAD_BYTES:
        return plan
    plan = plan.replace(entries=_shortened(plan.entries, size))
    if plan.cleans_up is None:
        return plan
    ended = plan.cleans_up
    size = payload_bytes(plan, exclude_defaults=True) + to_come + ENVELOPE_BYTES
    ended = ended.replace(entries=_shortened(ended.entries, size))
    return plan.replace(cleans_up=ended)


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


def _fitted_outcome(outcome: Outcome, room: int) -> Outcome:
    """Return an outcome of at most `room` bytes.

    If shorter texts are not enough, results of resources that reached their targets are left out.
    """
    size = payload_bytes(outcome)
    if size <= room:
        return outcome
    entries = list(_shortened(outcome.resources, size - room + MAX_PAYLOAD_BYTES))
    outcome = outcome.replace(resources=tuple(entries))
    over = payload_bytes(outcome) - room
    left_out = 0
    for entry in outcome.resources:
        if over <= 0:
            break
        if entry.phase is not Phase.FAILED:
            entries.remove(entry)
            over -= payload_bytes(entry) + 1
            left_out += 1
    if not left_out:
        return outcome
    note = f"{left_out} results are left out, of resources that reached their targets"
    summary = shorten(f"{note}; {outcome.summary}", MAX_CAUSE_BYTES)
    return outcome.replace(resources=tuple(entries), summary=summary)
