"""A scenario for people: what it asks, what happened when, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from localcloud.simulators.ledger import Call, Change
from localcloud.storm.observe import Observed
from localcloud.storm.of_outcomes import name_of
from localcloud.storm.scenario import Json, Scenario


def asked(scenario: Scenario) -> Iterator[str]:
    """Yield the lines that describe a scenario."""
    for name, value in scenario.world.items():
        if isinstance(value, list):
            yield from (f"{name}: {json.dumps(one)}" for one in value)
        else:
            yield f"{name}: {json.dumps(value)}"
    yield from (f"mishap: {mishap}" for mishap in scenario.mishaps)
    for number, sent in enumerate(scenario.sent):
        abort = "" if sent.abort_after_s is None else f", aborted after {sent.abort_after_s:g} s"
        rest = {name: value for name, value in sent.request.items() if name != "stages"}
        again = "" if sent.again_after_s is None else f", again after {sent.again_after_s:g} s"
        yield f"request {number} at {sent.at_s:g} s{abort}{again} {json.dumps(rest)}"
        for stage in sent.request["stages"]:
            run = stage.get("run", "on_success")
            yield from (f"  {run}: {json.dumps(job)}" for job in stage["jobs"])


def timeline(observed: Observed) -> str:
    """Return all that happened and came of it; the same seed gives the same text."""
    return "\n".join([*_happened(observed), *_ended(observed)])


def _happened(observed: Observed) -> Iterator[str]:
    """Yield the lines of the timeline: calls, changes, starts and ends of executions."""
    lines = [(entry.at_s, 1, _entry(entry)) for entry in observed.timeline]
    lines += [(at_s, 1, f"    {what}") for at_s, what in observed.mishaps]
    for execution in observed.executions:
        lines.append((execution.started_s, 0, f"{name_of(execution)} starts"))
        if execution.ended_s is not None:
            lines.append((execution.ended_s, 2, f"{name_of(execution)} is {execution.status}"))
    # A stable sort: what happens at the same second stays in its order.
    for at_s, _, line in sorted(lines, key=lambda each: each[:2]):
        yield f"[{at_s:9.2f} s] {line}"


def _ended(observed: Observed) -> Iterator[str]:
    """Yield the lines of the outcomes."""
    for execution in observed.executions:
        for outcome in execution.outcomes:
            words = ": ".join(outcome[name] for name in ("phase", "reason", "summary"))
            yield f"{name_of(execution)}: {words}"
            yield from (f"  {_resource(entry)}" for entry in outcome["resources"])


def _entry(entry: Call | Change) -> str:
    if isinstance(entry, Change):
        return f"{_short(entry.resource)} is {entry.state}"
    answer = f": {entry.answer}" if entry.answer else ""
    effect = " (took effect)" if entry.answer and entry.took_effect else ""
    return f"    {entry.operation} {' '.join(map(_short, entry.resources))}{answer}{effect}"


def _resource(entry: Json) -> str:
    states = f"{entry['initial_state']} -> {entry['final_state']}"
    return (
        f"{entry['job']} {_short(entry['id'])} {entry['target']}: {entry['phase']},"
        f" {entry['reason']} ({states}, {entry['polls']} polls, ended {entry['ended_at']}):"
        f" {entry['message']}"
    )


def _short(name: str) -> str:
    return name.split(":", 5)[-1] if name.startswith("arn:") else name
