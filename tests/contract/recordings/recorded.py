"""Executions recorded on AWS, run here: the histories are the same.

Where a docstring names a test of LocalStack, the expected events are those of its snapshot in
tests/aws/services/stepfunctions/v2 of github.com/localstack/localstack, recorded on AWS that day.
"""

from __future__ import annotations

from typing import Any

from tests.contract.patched_stack import PatchedStack, token_of

Definition = dict[str, Any]


class Recorded:
    """An execution that has ended, as a recording shows it."""

    def __init__(self, stack: PatchedStack, states: Definition, given: Any, **more: Any) -> None:
        name = f"recorded-{len(stack.machines.list_state_machines()['stateMachines'])}"
        stack.define(name, {"StartAt": next(iter(states)), "States": states, **more})
        self.execution = stack.start(name, given)
        self.described = stack.ended(self.execution)
        self.events = stack.events(self.execution)

    @property
    def order(self) -> list[tuple[int, str]]:
        """Each event's type, after the id of the event that it follows."""
        return [(event["previousEventId"], event["type"]) for event in self.events]

    def details(self, kind: str) -> dict[str, Any]:
        """The details of the first event of a type."""
        event = next(event for event in self.events if event["type"] == kind)
        (details,) = [value for name, value in event.items() if name.endswith("EventDetails")]
        return details


def failed_at(state: str, entered: int, cause: str, location: str | None) -> dict[str, Any]:
    """Return the details of an EvaluationFailed event."""
    where = {} if location is None else {"location": location}
    return {
        "cause": (
            f"An error occurred while executing the state '{state}' "
            f"(entered at the event id #{entered}). {cause}"
        ),
        "error": "States.QueryEvaluationError",
        "state": state,
        **where,
    }


def nothing(field: str, expression: str = "$doesNotExist") -> str:
    return (
        f"The JSONata expression '{expression}' specified for the field '{field}' "
        "returned nothing (undefined)."
    )


UNDEFINED = "{% $doesNotExist %}"


def inline_map(**fields: Any) -> Definition:
    each = {"Pass": {"Type": "Pass", "End": True}}
    return {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Pass",
            "States": each,
        },
        "End": True,
        **fields,
    }


WAIT_FOR_TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
    "Arguments": {
        "TableName": "waiters",
        "Item": {
            "pk": {"S": "{% $states.context.Execution.Name %}"},
            "token": {"S": "{% $states.context.Task.Token %}"},
        },
    },
    "End": True,
}


def failed_token(stack: PatchedStack, name: str, states: Definition) -> list[dict[str, Any]]:
    """Return the events of an execution whose task was failed without an error."""
    stack.define(name, {"StartAt": next(iter(states)), "States": states})
    execution = stack.start(name, {}, name=name)
    stack.machines.send_task_failure(taskToken=token_of(stack, name))
    stack.ended(execution)
    return stack.events(execution)
