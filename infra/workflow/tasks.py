"""Tasks that run a function: named after it, bounded in time, retried by name, caught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.platform.functions import TIMEOUT
from infra.workflow.jsonata import PAYLOAD
from infra.workflow.retries import Retrier, add_retries, budget_in_words

TASK_TIMEOUT = Duration.seconds(TIMEOUT.to_seconds() + 10)
"""Longer than the function's own timeout, whose error says more."""


def function_task(
    scope: Construct,
    function: lambda_.IFunction,
    *,
    payload: object,
    retriers: Sequence[Retrier],
    comment: str,
    outputs: object = PAYLOAD,
    assign: Mapping[str, object] | None = None,
) -> tasks.LambdaInvoke:
    """Return a task with the name of the function's construct."""
    task = tasks.LambdaInvoke.jsonata(
        scope,
        function.node.id,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(payload)
        if isinstance(payload, dict)
        else sfn.TaskInput.from_text(str(payload)),
        outputs=outputs,
        assign=assign,
        task_timeout=sfn.Timeout.duration(TASK_TIMEOUT),
        retry_on_service_exceptions=False,
        comment=f"{comment} {budget_in_words(retriers)}",
    )
    add_retries(task, retriers)
    return task
