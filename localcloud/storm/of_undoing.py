"""What must be true of restores, and of what an abort leaves behind.

Only resources that no other job, caller or schedule changes are checked: of them, what the request
has found and done is beyond doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from localcloud.storm import facts
from localcloud.storm.observe import Execution, Observed
from localcloud.storm.of_outcomes import is_of
from localcloud.storm.requested import Asked, jobs, jobs_of
from localcloud.storm.scenario import SNAPSHOT_READS, Json

CHANGES_BY_ITSELF: Final = (
    "completes_after_s",
    "fails_after_s",
    "schedule_end_s",
    "exists_from_s",
)
UNDONE: Final = frozenset({"StartCampaign", "PauseCampaign", "ResumeCampaign"})
RESTORABLE: Final = frozenset({"Running", "Paused"})

DELAY_S: Final = 120.0
"""How long a clean-up takes at least: it waits for functions that still run."""


def restored(observed: Observed) -> Iterator[str]:
    """RESTORED brings back what its job has changed, and leaves everything else alone."""
    for job, execution in _jobs_that_ran(observed):
        if job.base is None:
            continue
        for outcome in execution.outcomes:
            for entry in facts.entries(outcome, job.label):
                wrong = _wrongly_restored(observed, job, entry)
                if wrong:
                    yield f"request {job.number}: {job.label} {entry['id']} {wrong}"


def _wrongly_restored(observed: Observed, job: Asked, entry: Json) -> str | None:
    campaign_id, reason = entry["id"], entry["reason"]
    assert job.base is not None
    if reason in ("StageSkipped", "NothingSelected") or not is_alone(
        observed, job.base, campaign_id
    ):
        return None
    at_s = facts.seconds(observed, entry["ended_at"])
    moves = [
        move
        for move in facts.moves(observed, campaign_id)
        if move.operation in job.base.mutations() and move.at_s <= at_s + facts.EPSILON
    ]
    faults = _faults(observed, campaign_id)
    is_lost = any(fault["error"] == "lost_response" for fault in faults)
    if is_lost:
        return None
    if not moves:
        if entry["phase"] == "COMPLETE" and reason != "Untouched":
            return f"ended {reason}, but nothing had changed it"
        return None
    found = moves[0].before
    if found not in RESTORABLE:
        return None
    if reason in ("Untouched", "ChangedSince"):
        return f"ended {reason}, but {moves[0].operation} had changed it from {found}"
    if entry["phase"] == "COMPLETE" and not facts.held(
        observed, campaign_id, {str(found)}, at_s, at_s
    ):
        return f"is COMPLETE, but was not {found} again"
    if entry["phase"] == "FAILED" and not faults and not _ended_early(observed, job):
        return f"FAILED as {reason}: {entry['message']}"
    return None


def after_abort(observed: Observed) -> Iterator[str]:
    """After an abort, what on_abort says is done."""
    for job, execution in _jobs_that_ran(observed):
        if not execution.was_aborted or execution.ended_s is None:
            continue
        match job.job.get("on_abort"):
            case "restore":
                yield from _not_restored(observed, job)
            case "cancel":
                yield from _not_canceled(observed, job, execution)
            case "delete":
                yield from _not_deleted(observed, job, execution)


def _not_restored(observed: Observed, job: Asked) -> Iterator[str]:
    for campaign_id in sorted(job.campaigns):
        faults = _faults(observed, campaign_id)
        if not is_alone(observed, job, campaign_id, with_undone=True) or any(
            fault["error"] in ("lost_response", "AccessDeniedException") for fault in faults
        ):
            continue
        moves = facts.moves(observed, campaign_id)
        is_undone = all(move.operation in UNDONE for move in moves)
        if moves and is_undone and moves[0].before in RESTORABLE:
            states = facts.states(observed, campaign_id)
            if states[-1][1] != moves[0].before:
                yield (
                    f"request {job.number}: {job.label} {campaign_id} was {moves[0].before},"
                    f" and is {states[-1][1]} in the end"
                )


def _not_canceled(observed: Observed, job: Asked, execution: Execution) -> Iterator[str]:
    """Yield the exports that a job has started and that run when its clean-up has ended."""
    source = job.job.get("source_arn")
    others = [
        other
        for other in jobs(observed.scenario)
        if other.kind == "export"
        and other.job.get("source_arn", source) == source
        and other.number == job.number
        and other.job.get("on_abort") != "cancel"
    ]
    if source is None or others or _hinders(observed, {"CancelExportTask", "DescribeExportTasks"}):
        return
    started = {
        call.resources[0]
        for call in facts.calls(observed, {"StartExportTask"})
        if not facts.is_known(observed, call) or facts.number_of(observed, call) == job.number
    }
    ended = [each.ended_s for each in observed.executions if each.cleans_up == execution.arn]
    due_s = max((at_s or 0.0 for at_s in ended), default=(execution.ended_s or 0.0) + DELAY_S)
    for task in facts.tasks(observed).values():
        export_id = task.parameters.export_id
        if task.parameters.source_arn != source or not is_of(job, task, observed.bucket):
            continue
        is_ours = task.started_s is not None and export_id in started
        if is_ours and task.is_active(due_s + 1.0, due_s + 1.0):
            yield f"request {job.number}: {job.label} {export_id} was not canceled"


def _hinders(observed: Observed, operations: Collection[str]) -> bool:
    """Return whether calls fail so that a clean-up may fail."""
    faults = observed.scenario.world.get("faults", ())
    return any(each.get("operation") in operations for each in faults)


def _not_deleted(observed: Observed, job: Asked, execution: Execution) -> Iterator[str]:
    if _hinders(observed, facts.DELETES | SNAPSHOT_READS):
        return
    created = {
        name
        for call in facts.calls(observed, facts.CREATES)
        if call.took_effect
        for name in call.resources
    }
    for outcome in execution.outcomes:
        for entry in facts.entries(outcome, job.label):
            arn = entry["id"]
            attempts = [
                call for call in facts.calls(observed, facts.DELETES) if arn in call.resources
            ]
            if arn in created and not attempts and _last(observed, arn) == "available":
                yield f"request {job.number}: {job.label} {arn} was not deleted"


def _last(observed: Observed, resource: str) -> str | None:
    states = facts.states(observed, resource)
    return states[-1][1] if states else None


def _jobs_that_ran(observed: Observed) -> Iterator[tuple[Asked, Execution]]:
    for number, (sent, execution) in enumerate(observed.requests):
        if not sent.request.get("dry_run"):
            for job in jobs_of(observed.scenario, number):
                yield job, execution


def is_alone(
    observed: Observed, job: Asked, campaign_id: str, *, with_undone: bool = False
) -> bool:
    """Return whether nothing changes a campaign but a job, and jobs that restore it.

    `with_undone` means: or jobs of its request that a clean-up undoes as well.
    """
    concerned = [
        each
        for each in jobs(observed.scenario)
        if campaign_id in each.campaigns and each.target != "FINISHED"
    ]
    others = [each for each in concerned if job not in (each, each.base)]
    others = [each for each in others if _may_call(observed, job, each, campaign_id)]
    if with_undone:
        others = [
            each
            for each in others
            if each.number != job.number
            or (each.base is None and each.job.get("on_abort") != "restore")
        ]
    world = observed.scenario.world
    rivals = [each for each in world.get("actions", ()) if each.get("campaign_id") == campaign_id]
    campaign: Json = next((each for each in world["campaigns"] if each["id"] == campaign_id), {})
    restores = [each for each in concerned if each.base == job]
    return (
        not others
        and not rivals
        and (with_undone or len(restores) <= 1)
        and not any(name in campaign for name in CHANGES_BY_ITSELF)
    )


def _may_call(observed: Observed, job: Asked, other: Asked, campaign_id: str) -> bool:
    """Return whether another job may have changed a campaign, or that of another request has."""
    if other.number == job.number:
        return True
    of_campaign = [
        call
        for call in facts.calls(observed, facts.CAMPAIGN_MUTATIONS)
        if campaign_id in call.resources
    ]
    return any(
        not facts.is_known(observed, call) or facts.number_of(observed, call) == other.number
        for call in of_campaign
    )


def _faults(observed: Observed, campaign_id: str) -> list[Json]:
    """Return the faults of calls that may concern a campaign."""
    return [
        fault
        for fault in observed.scenario.world.get("faults", ())
        if fault.get("operation") in facts.CAMPAIGN_MUTATIONS | facts.CAMPAIGN_READS
        and fault.get("campaign_id", campaign_id) == campaign_id
    ]


def _ended_early(observed: Observed, job: Asked) -> bool:
    return observed.requests[job.number][1].was_aborted or "deadline_seconds" in job.job
