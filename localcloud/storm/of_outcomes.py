"""What must be true of every execution's end and of its outcome."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from infra.project import ROOT
from localcloud.storm import facts
from localcloud.storm.observe import Execution, Observed
from localcloud.storm.requested import Asked, jobs_of
from localcloud.storm.scenario import ENDS, Json, Sent

MAX_PAYLOAD_BYTES: Final = 256 * 1024
MAX_HISTORY_EVENTS: Final = 25_000

EXCEPTIONS: Final = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
) | {"BotoCoreError", "ClientError", "JSONDecodeError", "ParamValidationError", "ValidationError"}
"""Of builtins and of the packages that the functions use. AWS has codes of the same names for some
of the latter, but none that these worlds return."""

ENGINE_ERRORS: Final = ("Lambda.", "Runtime.", "Sandbox.", "States.")
LOST: Final = frozenset({"JobLost", "OutcomeNotPublished", "UnknownKind", "WorkflowFailed"})
"""Reasons that stand for a failure of the orchestrator itself."""

WAITS: Final = frozenset({"States.Timeout"})
"""Errors of attempts that are expected: a wait for a task token ends with it."""

BY_MISHAPS: Final = {
    "kill": {"Runtime.ExitError"},
    "hang": {"Sandbox.Timedout"},
    **{end: {end} for end in ENDS},
}
"""Errors of attempts, and of executions, that mishaps stand for."""

ABORTED: Final = frozenset(
    {"ExecutionAborted", "ExecutionTimedOut", *ENDS}
    | {"TargetReached", "RequestFailed", "RequestRejected", "WorkflowFailed"}
)

CAMPAIGN_STATES: Final = {
    "RUNNING": {"Running"},
    "PAUSED": {"Paused"},
    "STOPPED": {"Stopped", "Completed"},
    "DELETED": {facts.GONE},
    "FINISHED": {"Stopped", "Completed", facts.GONE},
}
UNREAD: Final = frozenset({"NothingSelected", "Untouched"})
"""Reasons that say nothing about a state."""

ENDED: Final = {"Stopped", "Completed", facts.GONE}


def ends(observed: Observed) -> Iterator[str]:
    """Every request ends in bounded time, and so does every clean-up."""
    for execution in observed.executions:
        if execution.ended_s is None:
            latest = observed.scenario.latest_end_s
            yield f"{name_of(execution)} is {execution.status} after {latest:.0f} s"


def one_outcome(observed: Observed) -> Iterator[str]:
    """Exactly one outcome is published for every request, however often it was sent."""
    yield from (f"StartExecution again: {answer}" for answer in observed.doubled)
    for execution in observed.executions:
        if execution.ended_s is None or execution.cleans_up:
            continue
        if len(execution.outcomes) != 1:
            yield f"{name_of(execution)} ({execution.status}): {len(execution.outcomes)} outcomes"


def schema(observed: Observed) -> Iterator[str]:
    """Every outcome is valid by the published schema."""
    for execution in observed.executions:
        for outcome in execution.outcomes:
            for error in _validator().iter_errors(outcome):
                yield f"{name_of(execution)}: {error.json_path} {error.message}"


def agreement(observed: Observed) -> Iterator[str]:
    """Status, output and phase say the same, and the phase says what the entries say."""
    for sent, execution in _ended(observed):
        is_dry = bool(sent.request.get("dry_run"))
        for outcome in execution.outcomes:
            for wrong in (
                *_unlike_its_execution(outcome, execution),
                *_incoherent(outcome, is_dry),
            ):
                yield f"{name_of(execution)} ({execution.status}, {outcome['phase']}): {wrong}"


def _unlike_its_execution(outcome: Json, execution: Execution) -> Iterator[str]:
    if execution.output is not None and execution.output != outcome:
        yield "its output is not the outcome"
    is_own = execution.status == "FAILED" and not execution.was_aborted
    if is_own and execution.cause != outcome["summary"]:
        yield f"its cause is not the summary: {execution.cause}"
    if execution.was_aborted:
        # It may have been stopped just after it had published its outcome.
        if outcome["reason"] not in ABORTED:
            yield f"reason {outcome['reason']}"
    elif execution.status != ("FAILED" if outcome["phase"] == "FAILED" else "SUCCEEDED"):
        yield "its status does not fit the phase"


def _incoherent(outcome: Json, is_dry: bool) -> Iterator[str]:
    phase, reason = outcome["phase"], outcome["reason"]
    phases = {entry["phase"] for entry in outcome["resources"]}
    if (reason == "RequestRejected") != bool(outcome["faults"]):
        yield f"reason {reason} with {len(outcome['faults'])} faults"
    if phase == "COMPLETE" and phases - {"COMPLETE"}:
        yield f"entries are {sorted(phases)}"
    if reason == "RequestFailed" and phase == "FAILED" and "FAILED" not in phases:
        yield f"entries are {sorted(phases)}"
    if not is_dry and "PLANNED" in phases | {phase}:
        yield "PLANNED without dry_run"


def entries(observed: Observed) -> Iterator[str]:
    """There is one entry for each job and resource."""
    for execution, outcome, asked in outcomes(observed):
        name = name_of(execution)
        keys = [(entry["job"], entry["id"]) for entry in outcome["resources"]]
        for twice in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{name}: more than one entry of {' '.join(twice)}"
        labels = {each.label for each in asked}
        for stranger in sorted({job for job, _ in keys} - labels):
            yield f"{name}: an entry of {stranger}, which is no job"
        for job in asked:
            found = {entry["id"] for entry in facts.entries(outcome, job.label)}
            yield from (f"{name}: {job.label} {wrong}" for wrong in _wrong_ids(job, found))
            wrong_targets = {entry["target"] for entry in facts.entries(outcome, job.label)} - {
                job.target
            }
            if wrong_targets:
                yield f"{name}: {job.label} has the target {job.target}, not {wrong_targets}"


def _wrong_ids(job: Asked, found: set[str]) -> Iterator[str]:
    if not found:
        yield "has no entry"
    elif "campaign_ids" in job.job and found != job.campaigns:
        yield f"has entries of {sorted(found)} instead of {sorted(job.campaigns)}"
    elif job.kind == "campaigns" and not found <= job.campaigns | {job.label}:
        yield f"has entries of {sorted(found - job.campaigns)}"
    elif job.kind != "campaigns" and len(found) > 1:
        yield f"has entries of {sorted(found)}"
    elif "source_arn" in job.job and found != {job.job["source_arn"]}:
        yield f"has an entry of {sorted(found)}"


def truth(observed: Observed) -> Iterator[str]:
    """COMPLETE is true at that moment."""
    every_task = facts.tasks(observed)
    for execution, outcome, asked in outcomes(observed):
        for job in asked:
            for entry in facts.entries(outcome, job.label):
                if entry["phase"] != "COMPLETE" or entry["reason"] in UNREAD:
                    continue
                at_s = facts.seconds(observed, entry["ended_at"])
                false = {
                    "campaigns": _false_campaign,
                    "export": _false_export,
                    "snapshot": _false_snapshot,
                }[job.kind](observed, job, entry, at_s, every_task)
                if false:
                    yield (
                        f"{name_of(execution)}: {job.label} {entry['id']} is COMPLETE"
                        f" ({job.target}, {entry['reason']}) at {at_s:.1f} s, but {false}"
                    )


def _false_campaign(
    observed: Observed, job: Asked, entry: Json, at_s: float, _: dict[str, facts.Task]
) -> str | None:
    if job.target == "RESTORED":
        final = entry["final_state"]
        wanted = {facts.GONE if final in (None, "NotFound") else final}
    else:
        wanted = CAMPAIGN_STATES[job.target]
        if entry["reason"] == "EndedByItself" and job.job.get("if_ended") == "accept":
            wanted = ENDED
    if not _is_of_version(observed, job, entry["id"]):
        return None if facts.GONE in wanted else "none of its API version exists"
    if facts.held(observed, entry["id"], wanted, at_s - facts.PASS_SECONDS, at_s):
        return None
    return f"its states were {facts.states(observed, entry['id'])}"


def _is_of_version(observed: Observed, job: Asked, campaign_id: str) -> bool:
    """Return whether a campaign, if it exists, is one of the API version that a job names."""
    return all(
        campaign.get("api_version", "v2") == job.job.get("api_version", "v2")
        for campaign in observed.scenario.world.get("campaigns", ())
        if campaign["id"] == campaign_id
    )


def _false_export(
    observed: Observed, job: Asked, entry: Json, at_s: float, every: dict[str, facts.Task]
) -> str | None:
    began_s = at_s - entry["elapsed_seconds"]
    if job.target == "CANCELED":
        for task in every.values():
            is_meant = (
                may_cancel(job, task, observed.bucket) and task.parameters.source_arn == entry["id"]
            )
            # One that another request has started since is none that the job has found.
            is_found = any(since <= began_s + facts.EPSILON for since, _ in task.statuses)
            if is_meant and is_found and task.was_active_throughout(at_s):
                return f"{task.parameters.export_id} is active: {task.statuses}"
        return None
    task_id = entry["details"].get("export_task_identifier")
    own = every.get(str(task_id))
    if own is None:
        return f"there is no export {task_id}"
    if not any(
        status == "COMPLETE" and since <= at_s + facts.EPSILON for since, status in own.statuses
    ):
        return f"{task_id} was {own.statuses}"
    if ":cluster:" in entry["id"] and own.was_complete_before(began_s):
        return f"{task_id} of the cluster was COMPLETE before: {own.statuses}"
    if own.parameters.source_arn != entry["id"] or not is_of(job, own, observed.bucket):
        return f"{task_id} is another export: {own.parameters}"
    return None


def is_of(job: Asked, task: facts.Task, bucket: str) -> bool:
    """Return whether a task writes what a job asks for: the same tables to the same place."""
    prefix = "/".join(filter(None, ("exports", job.job.get("s3_prefix"))))
    return (
        task.parameters.bucket in (None, bucket)
        and task.parameters.prefix.strip("/") == prefix
        and set(task.parameters.export_only) == set(job.job.get("export_only", ()))
    )


def may_cancel(job: Asked, task: facts.Task, bucket: str) -> bool:
    """Return whether a job with the target CANCELED is about a task of its source."""
    tables = job.job.get("export_only")
    is_ours = task.parameters.bucket in (None, bucket)
    return is_ours and (not tables or set(task.parameters.export_only) == set(tables))


def _false_snapshot(
    observed: Observed, job: Asked, entry: Json, at_s: float, _: dict[str, facts.Task]
) -> str | None:
    wanted = {"available"} if job.target == "AVAILABLE" else {facts.GONE}
    if facts.held(observed, entry["id"], wanted, at_s, at_s):
        return None
    return f"it was {facts.states(observed, entry['id'])}"


def stage_order(observed: Observed) -> Iterator[str]:
    """Stages run in order, and those that do not run are skipped for a reason."""
    for execution, outcome, asked in outcomes(observed):
        if outcome["phase"] == "PLANNED" or execution.was_aborted:
            continue
        latest, has_failed = 0.0, False
        for stage in sorted({job.stage for job in asked}):
            in_stage = [job for job in asked if job.stage == stage]
            found = [e for job in in_stage for e in facts.entries(outcome, job.label)]
            skipped = {entry["reason"] == "StageSkipped" for entry in found}
            is_due = in_stage[0].runs_always or not has_failed
            if skipped and skipped != {not is_due}:
                yield f"{name_of(execution)}: stage {stage} {'did not run' if is_due else 'ran'}"
            for entry in found:
                ended_s = facts.seconds(observed, entry["ended_at"])
                began_s = ended_s - entry["elapsed_seconds"]
                if entry["reason"] != "StageSkipped" and began_s < latest - 0.2:
                    what = f"{name_of(execution)}: {entry['job']} {entry['id']}"
                    yield f"{what} began at {began_s:.1f} s, its stage at {latest:.1f} s"
            ended = [facts.seconds(observed, entry["ended_at"]) for entry in found]
            latest = max([latest, *ended])
            has_failed = has_failed or any(entry["phase"] == "FAILED" for entry in found)


def reasons(observed: Observed) -> Iterator[str]:
    """No reason and no failed attempt is the name of a Python exception, or of an engine error."""
    for execution in observed.executions:
        for outcome in execution.outcomes:
            for found in [outcome, *outcome["resources"]]:
                reason = found["reason"]
                if reason == execution.error and execution.was_aborted:
                    continue
                if reason in EXCEPTIONS | LOST or reason.startswith(ENGINE_ERRORS):
                    text = found.get("message", found.get("summary"))
                    yield f"{name_of(execution)}: reason {reason}: {text}"
    expected = WAITS.union(*(BY_MISHAPS.get(each.what, ()) for each in observed.scenario.mishaps))
    for error in observed.failures:
        if error in expected:
            continue
        is_engine = error.startswith(ENGINE_ERRORS)
        if error in EXCEPTIONS | LOST or is_engine:
            yield f"{observed.failures[error]} attempts failed with {error}"


def sizes(observed: Observed) -> Iterator[str]:
    """Payloads and histories are within the limits of Step Functions."""
    if observed.largest_payload > MAX_PAYLOAD_BYTES:
        yield f"a payload of {observed.largest_payload} bytes"
    if observed.longest_child >= MAX_HISTORY_EVENTS:
        yield f"a child execution with {observed.longest_child} events"


def _ended(observed: Observed) -> list[tuple[Sent, Execution]]:
    return [each for each in observed.requests if each[1].ended_s is not None]


def outcomes(observed: Observed) -> Iterator[tuple[Execution, Json, list[Asked]]]:
    """Yield the outcomes of requests that were not rejected, with their jobs."""
    for number, (_, execution) in enumerate(observed.requests):
        for outcome in execution.outcomes:
            if outcome["reason"] != "RequestRejected":
                yield execution, outcome, jobs_of(observed.scenario, number)


def name_of(execution: Execution) -> str:
    """Return what messages call an execution."""
    if execution.number is not None:
        return f"request {execution.number}"
    return "a clean-up" if execution.cleans_up else "an export of a new snapshot"


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema has no types
    # Imported here because the import takes a quarter of a second.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    path = ROOT / "docs" / "schemas" / "outcome.schema.json"
    return Draft202012Validator(json.loads(path.read_text("utf-8")))
