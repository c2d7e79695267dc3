"""What must be true of the calls, whatever the outcomes say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from localcloud.simulators.ledger import Call, Change
from localcloud.storm import facts
from localcloud.storm.observe import Execution, Observed
from localcloud.storm.of_outcomes import is_of, may_cancel
from localcloud.storm.requested import Asked, jobs

SLACK: Final = 0.05
"""Of a token, for rounding."""

RATES: Final = ((facts.CAMPAIGN_MUTATIONS, 1.0, 2.0), (facts.CAMPAIGN_READS, 5.0, 10.0))
"""Operations that share a quota, calls per second, and burst."""

LEGAL: Final = {
    "StartCampaign": {"Initialized"},
    "PauseCampaign": {"Running"},
    "ResumeCampaign": {"Paused"},
    "StopCampaign": {"Running", "Paused"},
    "DeleteCampaign": {"Initialized", "Stopped", "Completed", "Failed"},
}


UNKNOWN_EFFECT: Final = frozenset(
    {"lost_response", "InternalServerException", "ServiceUnavailableException"}
)
"""Answers that do not say whether a call took effect."""

DELETABLE: Final = {"available", "failed", "incompatible-restore"}
"""RDS documents that a snapshot must be available; whether it refuses one that failed is open, and
the local AWS says that it does."""


def rate(observed: Observed) -> Iterator[str]:
    """Campaigns are not called faster than the account's quota, unless the table does not answer.

    Then nobody can know what others call, and work continues until the first throttle.
    """
    unlimited = [at_s for at_s, mishap in observed.mishaps if mishap.is_of_table]
    for operations, per_second, burst in RATES:
        tokens, filled_at = burst, 0.0
        for call in facts.calls(observed, operations):
            tokens = min(burst, tokens + (call.at_s - filled_at) * per_second)
            filled_at = call.at_s
            is_limited = all(abs(call.at_s - at_s) > facts.PASS_SECONDS for at_s in unlimited)
            if tokens < 1 - SLACK and is_limited:
                yield f"{call.operation} at {call.at_s:.2f} s exceeds {per_second:g} per second"
            tokens = max(tokens, 1.0) - 1


def slots(observed: Observed) -> Iterator[str]:
    """There are never more exports at the same time than RDS allows."""
    allowed = observed.scenario.parsed_world().limits.concurrent_exports
    present = sum(
        each.get("status", "IN_PROGRESS") in facts.ACTIVE_EXPORT
        for each in observed.scenario.world.get("exports", ())
    )
    if observed.max_concurrent_exports > max(allowed, present):
        yield f"{observed.max_concurrent_exports} exports at the same time"


def legal(observed: Observed) -> Iterator[str]:
    """No call is illegal in every state that AWS returned shortly before it."""
    shown: dict[str, list[tuple[float, str]]] = {}
    current: dict[str, str] = {}
    for entry in observed.timeline:
        if isinstance(entry, Change):
            if not entry.state.isupper():
                current[entry.resource] = entry.state
            continue
        if entry.illegal and entry.operation in LEGAL:
            [campaign_id] = entry.resources
            recent = {
                state
                for at_s, state in shown.get(campaign_id, ())
                if at_s >= entry.at_s - facts.PASS_SECONDS
            }
            if not recent & LEGAL[entry.operation]:
                yield (
                    f"{entry.operation} of {campaign_id} at {entry.at_s:.1f} s, when AWS had"
                    f" returned {', '.join(sorted(recent)) or 'no state'}"
                )
        if entry.operation == "GetCampaignStateBatch" and entry.answer is None:
            for campaign_id in entry.resources:
                state = current.get(campaign_id, facts.GONE)
                shown.setdefault(campaign_id, []).append((entry.at_s, state))
        is_ours = entry.operation in facts.CAMPAIGN_MUTATIONS and entry.answer is None
        if is_ours and _is_of_one_job(observed, entry.resources[0]):
            # What its job has read before is no excuse any more.
            [campaign_id] = entry.resources
            shown[campaign_id] = [(entry.at_s, current.get(campaign_id, facts.GONE))]
        if entry.answer == "InvalidCampaignStateException":
            [campaign_id] = entry.resources
            shown.setdefault(campaign_id, []).append((entry.at_s, current[campaign_id]))


def _is_of_one_job(observed: Observed, campaign_id: str) -> bool:
    """Return whether one job, and those that restore it, are about a campaign."""
    concerned = [
        job
        for job in jobs(observed.scenario)
        if campaign_id in job.campaigns and job.target != "FINISHED"
    ]
    return sum(job.base is None for job in concerned) <= 1


def legal_of_rds(observed: Observed) -> Iterator[str]:
    """No export is canceled after its end, and no snapshot deleted that is not available."""
    every = facts.tasks(observed)
    for call in facts.calls(observed, facts.DELETES | {"CancelExportTask"}):
        if not call.illegal:
            continue
        from_s = call.at_s - 1.0
        if call.operation == "CancelExportTask":
            was_legal = every[call.resources[0]].is_active(from_s, call.at_s)
        else:
            arn = _arn(call)
            was_legal = facts.held(observed, arn, DELETABLE, from_s, call.at_s)
        if not was_legal:
            yield f"{call.operation} of {call.resources[0]} at {call.at_s:.1f} s ({call.answer})"


def started_once(observed: Observed) -> Iterator[str]:
    """What is COMPLETE, or runs, is not exported again."""
    every = facts.tasks(observed)
    ours = [task for task in every.values() if task.started_s is not None]
    named = {job.job.get("source_arn") for job in jobs(observed.scenario) if "export_id" in job.job}
    for task in ours:
        parameters = task.parameters
        if ":cluster:" in parameters.source_arn or parameters.source_arn in named:
            continue
        for other in every.values():
            same = (
                other is not task
                and other.statuses[:1] < task.statuses[:1]
                and other.parameters.source_arn == parameters.source_arn
                and other.parameters.bucket in (None, observed.bucket)
                and other.parameters.prefix == parameters.prefix
                and set(other.parameters.export_only) == set(parameters.export_only)
            )
            before = [s for at_s, s in other.statuses if at_s <= (task.started_s or 0.0)]
            if same and before and before[-1] in facts.ACTIVE_EXPORT | {"COMPLETE"}:
                yield (
                    f"{parameters.export_id} was started at {task.started_s:.1f} s, when"
                    f" {other.parameters.export_id} was {before[-1]}"
                )


def created_once(observed: Observed) -> Iterator[str]:
    """There is at most one new snapshot for each job."""
    asked = [
        job for job in jobs(observed.scenario) if job.kind == "snapshot" and "of" not in job.job
    ]
    created = [call for call in facts.calls(observed, facts.CREATES) if call.took_effect]
    for kind, field in (
        ("CreateDBSnapshot", "db_instance"),
        ("CreateDBClusterSnapshot", "db_cluster"),
    ):
        allowed = sum(field in job.job for job in asked)
        found = sum(call.operation == kind for call in created)
        if found > allowed:
            yield f"{found} {kind} for {allowed} jobs"


def explained(observed: Observed) -> Iterator[str]:
    """Every change of ours has a job that asks for it; dry runs and rejected ones ask for none."""
    asked = [
        job
        for job in jobs(observed.scenario)
        if not any(
            outcome["reason"] == "RequestRejected"
            for outcome in observed.requests[job.number][1].outcomes
        )
    ]
    every = facts.tasks(observed)
    by_arn = {each.arn: each for each in observed.executions}
    for call in facts.calls(observed, facts.MUTATIONS):
        caller = by_arn.get(call.execution_arn or "")
        number = facts.number_of(observed, call)
        begun = [
            job
            for job in asked
            if observed.requests[job.number][0].at_s <= call.at_s + facts.EPSILON
            and (caller is None or job.number == number)
        ]
        if caller is not None and _exports_new_snapshot(caller, call):
            continue
        if call.operation in facts.CAMPAIGN_MUTATIONS:
            is_explained = _asks_for_mutation(observed, begun, call)
        elif call.operation == "StartExportTask":
            is_explained = any(job.target == "COMPLETE" and job.kind == "export" for job in begun)
        elif call.operation == "CancelExportTask":
            is_explained = _asks_for_cancel(observed, begun, call, every)
        elif call.operation in facts.CREATES:
            is_explained = any(job.target == "AVAILABLE" for job in begun)
        else:
            is_explained = _asks_for_deletion(observed, begun, call)
        if not is_explained:
            yield f"{call.operation} of {call.resources[0]} at {call.at_s:.1f} s"


def _exports_new_snapshot(execution: Execution, call: Call) -> bool:
    """Return whether an event of a new snapshot has started an execution, to export it."""
    detail = execution.input.get("detail", {})
    return (
        execution.input.get("source") == "aws.rds"
        and call.operation == "StartExportTask"
        and detail.get("SourceArn") == call.resources[1]
    )


def _asks_for_mutation(observed: Observed, asked: Collection[Asked], call: Call) -> bool:
    [campaign_id] = call.resources
    undone = {"ResumeCampaign": "PAUSED", "PauseCampaign": "RUNNING"}.get(call.operation)
    for job in asked:
        if job.kind != "campaigns" or campaign_id not in job.campaigns:
            continue
        if job.base is None and call.operation in job.mutations():
            return True
        is_undone = job.base is not None and job.base.target == undone
        is_undone_after_abort = (
            job.target == undone
            and job.job.get("on_abort") == "restore"
            and aborted_before(observed, job, call.at_s)
        )
        if (is_undone or is_undone_after_abort) and _may_have_moved(
            observed, campaign_id, call, undone
        ):
            return True
    return False


def _may_have_moved(observed: Observed, campaign_id: str, until: Call, target: str | None) -> bool:
    """Return whether our calls may have changed a campaign more often than it was undone by then.

    Of a call that a server failed to answer, and of one that a killed function has noted, nobody
    can know.
    """
    does = {"PAUSED": {"PauseCampaign"}, "RUNNING": {"StartCampaign", "ResumeCampaign"}}
    number = facts.number_of(observed, until)
    undone = 0
    moved = sum(
        at_s <= until.at_s and mishap.what in ("kill", "hang") for at_s, mishap in observed.mishaps
    )
    for call in facts.calls(observed, {until.operation, *does.get(str(target), ())}):
        if call is until:
            break
        is_same = facts.number_of(observed, call) == number
        if not is_same or campaign_id not in call.resources:
            continue
        if call.operation == until.operation:
            undone += call.took_effect and call.answer is None
        else:
            moved += call.took_effect or call.answer in UNKNOWN_EFFECT
    is_accepted = until.took_effect and until.answer is None
    return moved > undone if is_accepted else moved > 0


def aborted_before(observed: Observed, job: Asked, at_s: float) -> bool:
    """Return whether a job's request was aborted by a second."""
    execution = observed.requests[job.number][1]
    return execution.was_aborted and (execution.ended_s or 0.0) <= at_s


def _asks_for_cancel(
    observed: Observed, asked: Collection[Asked], call: Call, every: dict[str, facts.Task]
) -> bool:
    task = every.get(call.resources[0])
    if task is None:
        return False
    for job in asked:
        if job.kind != "export":
            continue
        if job.job.get("source_arn", task.parameters.source_arn) != task.parameters.source_arn:
            continue
        if job.target == "CANCELED" and may_cancel(job, task, observed.bucket):
            return True
        is_ours = task.started_s is not None and is_of(job, task, observed.bucket)
        if is_ours and job.job.get("on_deadline") == "cancel":
            return True
        if (
            is_ours
            and job.job.get("on_abort") == "cancel"
            and aborted_before(observed, job, call.at_s)
        ):
            return True
    return False


def _asks_for_deletion(observed: Observed, asked: Collection[Asked], call: Call) -> bool:
    arn = _arn(call)
    if arn not in {_arn(each) for each in facts.calls(observed, facts.CREATES)}:
        return False
    return any(
        job.kind == "snapshot"
        and (
            job.target == "DELETED"
            or (job.job.get("on_abort") == "delete" and aborted_before(observed, job, call.at_s))
        )
        for job in asked
    )


def _arn(call: Call) -> str:
    """Return the ARN of the snapshot that a call names."""
    return next((name for name in call.resources if ":snapshot:" in name), call.resources[-1])
