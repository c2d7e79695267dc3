"""What a request may rely on: which resources a job is about, how often it tries, and for how long.

It checks only what nothing else can excuse: the faults and mishaps of a scenario are counted in
favour of the orchestrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from localcloud.storm import facts
from localcloud.storm.observe import Execution, Observed
from localcloud.storm.of_outcomes import is_of, name_of, outcomes
from localcloud.storm.requested import Asked, jobs_of
from localcloud.storm.scenario import DEFAULT_DEADLINES, WATCH_DEADLINE, Json

UNSELECTED: Final = frozenset({"NothingSelected", "TooManySelected", "StageSkipped"})
"""Reasons of a job that stands for itself in the outcome, because its resources are not known."""

RESOLVING_S: Final = 600.0
"""How long before its first poll a job's resources may have been found, with retries."""

LISTED_LATE_S: Final = 120.0
"""How late RDS may list a new snapshot in these worlds."""

LATE_S: Final = 120.0
"""How much later than at its deadline a job may end if nothing goes wrong."""

LATER_S: Final = 7_200.0
"""The same if something does, a cancel or a deletion is awaited, or an export is."""

DAY: Final = 86_400.0
WAYS: Final = {
    "PAUSED": {"Running", "Paused"},
    "RUNNING": {"Running", "Paused", "Initialized"},
    "STOPPED": {"Running", "Paused", "Stopped", "Completed"},
}
"""The states from which a target can be reached."""


def selected(observed: Observed) -> Iterator[str]:
    """A selection is what matched when its stage began, and `of` is what the job had."""
    for execution, outcome, asked in outcomes(observed):
        by_label = {job.label: job for job in asked}
        for job in asked:
            found = facts.entries(outcome, job.label)
            if job.kind == "campaigns" and "select" in job.job:
                yield from _wrongly_selected(observed, execution, job, found)
            of = job.job.get("of")
            if of in by_label and not execution.was_aborted:
                yield from _unlike_its_base(execution, job, found, facts.entries(outcome, of))


def _wrongly_selected(
    observed: Observed, execution: Execution, job: Asked, found: list[Json]
) -> Iterator[str]:
    select = job.job["select"]
    known = [entry for entry in found if entry["id"] in job.campaigns]
    if len(known) > select.get("at_most", 250):
        yield f"{name_of(execution)}: {job.label} has {len(known)} campaigns"
    for entry in known:
        # Later stages of a dry run are planned on the states that earlier ones would leave.
        is_assumed = entry["phase"] == "PLANNED" and job.stage > 0
        if entry["initial_state"] is None or "states" not in select or is_assumed:
            continue
        began_s = facts.seconds(observed, entry["ended_at"]) - entry["elapsed_seconds"]
        if not facts.held(observed, entry["id"], select["states"], began_s - RESOLVING_S, began_s):
            yield (
                f"{name_of(execution)}: {job.label} selected {entry['id']}, which was in none of"
                f" {select['states']} by {began_s:.1f} s"
            )


def _unlike_its_base(
    execution: Execution, job: Asked, found: list[Json], base: list[Json]
) -> Iterator[str]:
    if {entry["reason"] for entry in [*found, *base]} & UNSELECTED:
        return
    ids, expected = ({entry["id"] for entry in each} for each in (found, base))
    is_known = all(entry["initial_state"] is not None for entry in base)
    if ids != expected and is_known:
        yield f"{name_of(execution)}: {job.label} is about {sorted(ids)}, not {sorted(expected)}"


def newest(observed: Observed) -> Iterator[str]:
    """The newest available snapshot is exported, and none that is too old."""
    for execution, outcome, asked in outcomes(observed):
        for job in asked:
            source = job.job.get("source", {}) if job.kind == "export" else {}
            if "db_instance" not in source and "db_cluster" not in source:
                continue
            for entry in facts.entries(outcome, job.label):
                if entry["phase"] == "COMPLETE":
                    wrong = _wrong_snapshot(observed, source, entry)
                    if wrong:
                        yield f"{name_of(execution)}: {job.label} exported {entry['id']}: {wrong}"


def _wrong_snapshot(observed: Observed, source: Json, entry: Json) -> str | None:
    every = {each.arn: each for each in _snapshots(observed, source)}
    ended_s = facts.seconds(observed, entry["ended_at"])
    began_s = ended_s - entry["elapsed_seconds"]
    chosen = every.get(entry["id"])
    if chosen is None:
        return f"is no snapshot of {source}"
    oldest_s = began_s - source.get("max_age_seconds", float("inf"))
    if chosen.data_at_s < oldest_s - facts.EPSILON:
        return f"is of {chosen.data_at_s:.0f} s, older than {oldest_s:.0f} s"
    for other in every.values():
        from_s = began_s - LISTED_LATE_S
        is_newer = chosen.data_at_s < other.data_at_s <= from_s
        if is_newer and _was_available_throughout(observed, other.arn, from_s, ended_s):
            return f"{other.arn} is newer ({other.data_at_s:.0f} s, {chosen.data_at_s:.0f} s)"
    return None


def _was_available_throughout(observed: Observed, arn: str, from_s: float, to_s: float) -> bool:
    states = facts.states(observed, arn)
    if not states:  # nothing has changed it since it was created
        return True
    before = [state for at_s, state in states if at_s <= from_s]
    during = [state for at_s, state in states if from_s < at_s <= to_s]
    is_first = before[-1:] == ["available"]
    return is_first and set(during) <= {"available"}


def _snapshots(observed: Observed, source: Json) -> Iterator[facts.Taken]:
    """Yield the snapshots that a source may stand for."""
    wanted = source.get("type", "any")
    for taken in facts.snapshots(observed):
        is_of = all(
            source.get(field) in (None, value)
            for field, value in (
                ("db_instance", taken.db_instance),
                ("db_cluster", taken.db_cluster),
            )
        )
        if is_of and wanted in ("any", taken.type):
            yield taken


def attempts(observed: Observed) -> Iterator[str]:
    """A request starts no more exports than its jobs allow attempts.

    A start that its function did not live to report may not be counted, if the export has FAILED by
    the next poll.
    """
    every = facts.tasks(observed)
    unreported = sum(mishap.what in ("kill", "hang") for _, mishap in observed.mishaps)
    for number, (_, execution) in enumerate(observed.requests):
        asked = [
            job
            for job in jobs_of(observed.scenario, number)
            if job.kind == "export" and job.target == "COMPLETE"
        ]
        started: dict[tuple[str, str, frozenset[str]], list[str]] = {}
        for call in facts.calls(observed, {"StartExportTask"}):
            is_reported = call.took_effect and call.answer is None
            if is_reported and call.execution_arn == execution.arn:
                given = every[call.resources[0]].parameters
                key = (given.source_arn, given.prefix.strip("/"), frozenset(given.export_only))
                started.setdefault(key, []).append(given.export_id)
        for (source, _, _), ids in started.items():
            task = every[ids[0]]
            allowed = unreported + sum(
                int(job.job.get("max_attempts", 1))
                for job in asked
                if job.job.get("source_arn", source) == source and is_of(job, task, observed.bucket)
            )
            if len(ids) > allowed:
                yield f"{name_of(execution)}: {len(ids)} exports of {source} in {allowed} attempts"


def deadlines(observed: Observed) -> Iterator[str]:
    """A job ends at its deadline, or soon after it."""
    goes_wrong = has_troubles(observed)
    for execution, outcome, asked in outcomes(observed):
        for job in asked:
            default = WATCH_DEADLINE if job.target == "FINISHED" else DEFAULT_DEADLINES[job.kind]
            deadline = job.job.get("deadline_seconds", default)
            awaits = job.target in ("DELETED", "CANCELED") or "on_deadline" in job.job
            slack = LATER_S if goes_wrong or awaits else LATE_S
            for entry in facts.entries(outcome, job.label):
                if entry["elapsed_seconds"] > deadline + slack and not execution.was_aborted:
                    yield (
                        f"{name_of(execution)}: {job.label} {entry['id']} ended after"
                        f" {entry['elapsed_seconds']:.0f} s ({entry['reason']}),"
                        f" its deadline was {deadline} s"
                    )


def no_needless_failure(observed: Observed) -> Iterator[str]:
    """What nothing stands in the way of succeeds."""
    if has_troubles(observed):
        return
    for execution, outcome, asked in outcomes(observed):
        if execution.was_aborted or outcome["phase"] == "PLANNED":
            continue
        for job in asked:
            for entry in facts.entries(outcome, job.label):
                is_due = entry["phase"] == "FAILED" and entry["reason"] != "StageSkipped"
                if is_due and _can_succeed(observed, job, entry):
                    yield (
                        f"{name_of(execution)}: {job.label} {entry['id']} ({job.target}) FAILED:"
                        f" {entry['reason']}: {entry['message']}"
                    )


def _can_succeed(observed: Observed, job: Asked, entry: Json) -> bool:
    if job.job.get("deadline_seconds", DAY) < 1_800 or ":own-" not in f":{entry['id']}":
        return False
    if job.kind == "campaigns":
        states = {state for _, state in facts.states(observed, entry["id"])}
        return states <= WAYS.get(job.target, set())
    world = observed.scenario.world
    [source] = [each for each in world["snapshots"] if each["arn"] == entry["id"]]
    return job.kind == "export" and not {"outcome", "fails_in", "status"} & set(source)


def has_troubles(observed: Observed) -> bool:
    """Return whether calls fail, or functions and executions are ended."""
    return bool(observed.scenario.world.get("faults") or observed.scenario.mishaps)
