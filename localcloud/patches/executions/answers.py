"""DescribeExecution, ListExecutions, GetExecutionHistory and StopExecution answer in full.

moto leaves out the stop date of a timed out execution, the error and cause given to StopExecution,
the order and the pages of a history, the executions of a Map Run, and what can be redriven. On AWS
a page of a history has 100 events unless maxResults (at most 1,000) says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.patches.executions.children import children_of_map_run, find_child
from localcloud.patches.executions.redrives import redrive_fields
from localcloud.patches.executions.status_events import output_text
from localcloud.patches.patching import Moto, Patches, moto

_EVENTS_PER_PAGE = 100
_MOST_EVENTS_PER_PAGE = 1000


def apply(patches: Patches) -> None:
    """Replace the answers, and find children of a Map Run by their ARN."""
    module = moto("stepfunctions.responses")
    answers: dict[str, Callable[[Any], dict[str, Any]]] = {
        "describe_execution": _describe,
        "get_execution_history": _history,
        "list_executions": _list,
        "stop_execution": _stop,
    }
    for name, answer in answers.items():
        patches.replace(module.StepFunctionResponse, name, _as_result(module, answer))

    def describe(backend: Moto, execution_arn: str) -> Moto:
        return find_child(backend, execution_arn) or inherited(backend, execution_arn)

    backend = moto("stepfunctions.parser.models").StepFunctionsParserBackend
    inherited = backend.describe_execution
    patches.add(backend, "describe_execution", describe)


def _as_result(module: Moto, answer: Callable[[Any], dict[str, Any]]) -> Callable[[Any], Any]:
    return lambda response: module.ActionResult(answer(response))


def _listed(execution: Moto) -> dict[str, Any]:
    listed = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "mapRunArn": getattr(execution, "map_run_arn", None),
        "redriveCount": 0,
    }
    if execution.status != "RUNNING":
        listed["stopDate"] = execution.stop_date
    return {name: value for name, value in listed.items() if value is not None}


def _describe(response: Moto) -> dict[str, Any]:
    execution = response.stepfunction_backend.describe_execution(
        response._get_param("executionArn")
    )
    output = output_text(execution)
    described = {
        **_listed(execution),
        **redrive_fields(execution),
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": output,
        "outputDetails": None if output is None else {"included": True},
        "error": execution.error,
        "cause": execution.cause,
    }
    return {name: value for name, value in described.items() if value is not None}


def _list(response: Moto) -> dict[str, Any]:
    backend = response.stepfunction_backend
    status = response._get_param("statusFilter")
    map_run = response._get_param("mapRunArn")
    if map_run:
        children = children_of_map_run(backend, map_run)
        wanted = [child for child in children if status in (None, child.status)]
        return {"executions": [_listed(child) for child in wanted]}
    executions, token = backend.list_executions(
        response._get_param("stateMachineArn"),
        status_filter=status,
        max_results=response._get_int_param("maxResults"),
        next_token=response._get_param("nextToken"),
    )
    return {"executions": [_listed(execution) for execution in executions], "nextToken": token}


def _history(response: Moto) -> dict[str, Any]:
    execution = response.stepfunction_backend.describe_execution(
        response._get_param("executionArn")
    )
    events = execution.to_history_output()["events"]
    if response._get_param("reverseOrder"):
        events.reverse()
    start = int(response._get_param("nextToken") or 0)
    asked = response._get_int_param("maxResults") or _EVENTS_PER_PAGE
    end = start + min(asked, _MOST_EVENTS_PER_PAGE)
    answer: dict[str, Any] = {"events": events[start:end]}
    if end < len(events):
        answer["nextToken"] = str(end)
    return answer


def _stop(response: Moto) -> dict[str, Any]:
    execution = response.stepfunction_backend.describe_execution(
        response._get_param("executionArn")
    )
    execution.stop(
        stop_date=moto("core.utils").utcnow(),
        error=response._get_param("error"),
        cause=response._get_param("cause"),
    )
    return {"stopDate": execution.stop_date}
