"""Plans a clean-up: what the execution has left behind, and the results of its resources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.jobs.clean_ups import left_behind
from lambdas.jobs.left_behind import LeftBehind
from lambdas.jobs.resource_result import Entry
from lambdas.requests import clean_up
from lambdas.requests.acceptance import (
    CleanUp,
    RequestRejected,
    no_such_execution,
    parse,
)
from lambdas.requests.conclusion import response_to
from lambdas.requests.executions import RUNNING, SUCCEEDED, Execution, Executions, Progress
from lambdas.requests.inputs import input_of
from lambdas.requests.outcome import (
    OUTCOME_NOT_PUBLISHED,
    REQUEST_FAILED,
    REQUEST_REJECTED,
    WORKFLOW_FAILED,
)
from lambdas.requests.outcome_claims import OutcomeClaims
from lambdas.requests.plan import EndedExecution, Plan, Trace, plan, plan_of, trace_of
from lambdas.requests.rejections import rejected
from lambdas.shared import clock
from lambdas.shared.arns import account_of
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.observability import logger, observed


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return `{"plan": Plan}` that cancels what is left, or `{"outcome": Outcome}` if nothing is.

    Args:
        event: `clean_up`, with the execution to clean up after; `execution_arn` and
            `execution_name` of the clean-up itself.

    Raises:
        TransientError: nothing was changed.
    """
    own = Trace(correlation_id=event["execution_name"], execution_arn=event["execution_arn"])
    execution_arn = CleanUp.model_validate(event["clean_up"]).execution_arn
    executions = Executions()
    execution = executions.describe(execution_arn)
    if execution is None:
        return rejected(no_such_execution("does not exist"), own)
    if execution.status == RUNNING:
        return rejected(no_such_execution("is still running: stop it first"), own)
    progress = executions.progress(execution_arn)
    left = left_behind(execution_arn)
    if _ended_by_itself(execution, progress):
        left = tuple(each for each in left if not each.is_undone_after_abort_only)
    ended = _ended(execution, progress, left)
    if ended is not None and not _publishes(own.execution_arn, execution_arn, executions):
        ended = None
    trace = own
    if ended is not None:
        trace = trace.named_as(ended.trace)
    logger.set_correlation_id(trace.correlation_id)
    logger.info("clean-up planned", of_execution=execution_arn, units_of_work=len(left))
    work = (each.work.with_key(f"0.{index}") for index, each in enumerate(left))
    now = clock.now()
    planned = plan_of(work, trace, now).cleaning_up_after(ended)
    return response_to(planned, now).as_payload()


def _ended_by_itself(execution: Execution, progress: Progress) -> bool:
    """Return whether an execution did all that it should, though its outcome may be unpublished."""
    if execution.status == SUCCEEDED or execution.error in (REQUEST_FAILED, REQUEST_REJECTED):
        return True
    return (
        execution.error == OUTCOME_NOT_PUBLISHED
        and progress.outcome is not None
        and progress.outcome.reason != WORKFLOW_FAILED
    )


def _publishes(own_arn: str, execution_arn: str, executions: Executions) -> bool:
    """Return whether this clean-up publishes the execution's outcome: no other one does or has.

    Raises:
        AwsError: when the table or Step Functions did not answer.
    """
    claims = OutcomeClaims(setting(COORDINATION_TABLE))
    if claims.claim(execution_arn, own_arn):
        return True
    holder = claims.holder(execution_arn)
    if holder is None:
        return claims.claim(execution_arn, own_arn)
    other = executions.describe(holder)
    if other is not None and other.status == RUNNING:
        return False
    if other is not None and executions.progress(holder).published:
        return False
    return claims.claim(execution_arn, own_arn, instead_of=holder)


def _ended(
    execution: Execution, progress: Progress, left: Iterable[LeftBehind]
) -> EndedExecution | None:
    """Return the ended execution; None if its outcome has been published."""
    if progress.published or execution.ended_at is None:
        return None
    last = progress.plan or _planned(execution)
    reason = clean_up.reason_of(execution.status, execution.error)
    message = clean_up.message_of(execution.status, execution.error, execution.cause)
    entries: tuple[Entry, ...] = ()
    trace = Trace(correlation_id=execution.name, execution_arn=execution.arn)
    if progress.outcome is not None:
        outcome = progress.outcome
        trace = trace.replace(
            correlation_id=outcome.correlation_id, description=outcome.description
        )
        if execution.error != OUTCOME_NOT_PUBLISHED:
            entries = outcome.resources
    elif last is not None:
        trace = last.trace
        entries = clean_up.entries_of(
            last, progress.results, reason=reason, message=message, ended_at=execution.ended_at
        )
    return EndedExecution(
        trace=trace,
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        reason=reason,
        message=message,
        entries=entries,
        jobs_of={thing: jobs for each in left for thing, jobs in each.jobs_of.items()},
        outcome=progress.outcome if execution.error == OUTCOME_NOT_PUBLISHED else None,
    )


def _planned(execution: Execution) -> Plan | None:
    """Return the plan of an execution that ended before it had one; None if it was rejected."""
    try:
        given = input_of(json.loads(execution.request or "null"))
        account = account_of(execution.arn)
        request = parse(given, region=setting("AWS_REGION"), account=account)
    except (RequestRejected, ValueError):
        return None
    trace = Trace(correlation_id=execution.name, execution_arn=execution.arn)
    return plan(request, trace_of(request, trace), execution.started_at)
