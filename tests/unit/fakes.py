"""Campaigns and exports as small state machines, with every answer a test may want to force."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambdas.campaigns.transitions import CampaignState, Mutation
from lambdas.exports.decisions import CANCELABLE, ENDED, Destination, ExportTask
from lambdas.exports.result_files import result
from lambdas.shared.errors import (
    AwsError,
    ExportTaskAlreadyExistsException,
    InvalidCampaignStateException,
    InvalidExportTaskStateException,
    ResourceNotFoundException,
    ServiceUnavailableException,
)
from tests import campaign_rules
from tests.unit.builders import DESTINATION, NOW


def aws_error(kind: type[AwsError], *, state: str = "") -> AwsError:
    error = kind("AnyOperation", "AnyCode", "any message")
    if isinstance(error, InvalidCampaignStateException):
        error.state = state
    return error


def client_error(code: str, status: int = 400) -> ClientError:
    """Return what boto3 raises for an error code."""
    answer: Any = {
        "Error": {"Code": code, "Message": "any message"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "AnyOperation")


Key = Mapping[str, str]


class LostResponse(ServiceUnavailableException):
    """Takes effect, and the caller never learns of it."""

    def __init__(self) -> None:
        super().__init__("AnyOperation", "ReadTimeoutError", "any message")


class AnyClient:
    """Stands for boto3's: gives one answer after the other, whichever operation is called."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def __getattr__(self, _method: str) -> Any:
        def call(**_parameters: Any) -> Any:
            answer = self._answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


class FakeCampaigns:
    """Has the methods of `Campaigns`; strict about transitions.

    Attributes:
        schedules: when each campaign's schedule ends, in epoch seconds.
        states_of: each campaign's state now; None where AWS does not return it.
        stale: states that polls return instead.
        calls: every call in order, reads of states as "poll".
        answers: errors to raise instead, by "poll", by operation or by (operation, id).
    """

    def __init__(self, **states: str | None) -> None:
        self.states_of: dict[str, str | None] = {
            name.replace("_", "-"): state for name, state in states.items()
        }
        self.stale: dict[str, str | None] = {}
        self.schedules: dict[str, float] = {}
        self.calls: list[tuple[str, ...]] = []
        self.answers: dict[Any, list[Any]] = {}

    def will(self, answered: object, *answers: Any) -> None:
        self.answers[answered] = list(answers)

    @property
    def mutations(self) -> list[tuple[str, ...]]:
        return [call for call in self.calls if call[0] not in {"poll", "describe"}]

    def states(self, campaign_ids: Sequence[str]) -> dict[str, str | None]:
        self.calls.append(("poll", *campaign_ids))
        assert 1 <= len(campaign_ids) <= 25
        self._answer("poll")
        shown = self.states_of | self.stale
        return {name: shown.get(name, CampaignState.GONE) for name in campaign_ids}

    def schedule_end(self, campaign_id: str) -> float | None:
        self.calls.append(("describe", campaign_id))
        self._answer("describe", campaign_id)
        return self.schedules.get(campaign_id)

    def apply(self, mutation: Mutation, campaign_id: str) -> None:
        self.calls.append((str(mutation), campaign_id))
        self._answer(mutation, campaign_id)
        self._change(mutation, campaign_id)

    def _change(self, mutation: Mutation, campaign_id: str) -> None:
        state = self.states_of.get(campaign_id, CampaignState.GONE)
        if state == CampaignState.GONE:
            raise aws_error(ResourceNotFoundException)
        after = campaign_rules.after(mutation, str(state))
        if after is None:
            raise aws_error(InvalidCampaignStateException, state=str(state))
        self.states_of[campaign_id] = after

    def _answer(self, operation: str, campaign_id: str = "") -> None:
        for asked in ((operation, campaign_id), operation):
            queue = self.answers.get(asked)
            if queue:
                error = queue.pop(0)
                if isinstance(error, LostResponse):
                    self._change(Mutation(operation), campaign_id)
                if error is not None:
                    raise error
                return


class FakeExports:
    """Has the methods of `Exports`; every task that it starts is STARTING until a test changes it.

    Attributes:
        tasks: all tasks, of all sources.
        hidden: identifiers that of_source does not show.
        unfindable: identifiers that find does not show either.
    """

    def __init__(
        self, tasks: Iterable[ExportTask] = (), destination: Destination = DESTINATION
    ) -> None:
        self.destination = destination
        self.tasks = {task.task_id: task for task in tasks}
        self.hidden: set[str] = set()
        self.unfindable: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self.answers: dict[str, list[Any]] = {}

    def will(self, operation: str, *answers: Any) -> None:
        self.answers[operation] = list(answers)

    def asked(self, operation: str) -> list[str]:
        return [argument for name, argument in self.calls if name == operation]

    def change(self, task_id: str, status: str, **fields: Any) -> None:
        self.tasks[task_id] = self.tasks[task_id]._replace(status=status, **fields)

    def of_source(self, source_arn: str) -> tuple[ExportTask, ...]:
        self._called("of_source", source_arn)
        return tuple(
            task
            for task in self.tasks.values()
            if task.source_arn == source_arn and task.task_id not in self.hidden
        )

    def running(self) -> tuple[ExportTask, ...]:
        self._called("running", "")
        return tuple(
            task
            for task in self.tasks.values()
            if task.status not in ENDED and task.task_id not in self.hidden
        )

    def find(self, task_id: str) -> ExportTask | None:
        self._called("find", task_id)
        return None if task_id in self.unfindable else self.tasks.get(task_id)

    def start(self, task_id: str, source_arn: str, export_only: tuple[str, ...]) -> ExportTask:
        lost = self._called("start", task_id)
        if task_id in self.tasks:
            raise aws_error(ExportTaskAlreadyExistsException)
        task = ExportTask(
            task_id,
            source_arn,
            "STARTING",
            self.destination.bucket,
            self.destination.prefix,
            export_only,
        )
        self.tasks[task_id] = task
        if lost:
            raise lost
        return task

    def cancel(self, task_id: str) -> ExportTask:
        lost = self._called("cancel", task_id)
        task = self.tasks.get(task_id)
        if task is None:
            raise aws_error(ResourceNotFoundException)
        if task.status not in CANCELABLE:
            raise aws_error(InvalidExportTaskStateException)
        self.change(task_id, "CANCELING")
        if lost:
            raise lost
        return self.tasks[task_id]

    def end(self, task_id: str, status: str, **fields: Any) -> None:
        assert status in ENDED
        self.change(task_id, status, ended_at=NOW, **fields)

    def _called(self, operation: str, argument: str) -> LostResponse | None:
        self.calls.append((operation, argument))
        queue = self.answers.get(operation)
        answer = queue.pop(0) if queue else None
        if isinstance(answer, LostResponse):
            return answer
        if callable(answer):
            answer()
            return None
        if answer is not None:
            raise answer
        return None


class FakeFiles:
    """Has the method of `ExportFiles`; every export wrote the same, by default nothing."""

    def __init__(self, details: Mapping[str, Any] | None = None) -> None:
        self.details = result(None, ()) if details is None else details
        self.asked: list[tuple[str, str]] = []

    def collect(self, folder: str, task_id: str) -> Any:
        self.asked.append((folder, task_id))
        return self.details


class FakeTable:
    """Stands for boto3's DynamoDB client with one table; answers in the order of the sort key.

    Attributes:
        items: by partition and sort key.
        page_size: items that one Query reads at most, before they are filtered.
        calls: every operation in order, with its keys.
        answers: errors to raise instead, by operation.
    """

    NAME = "any-table"

    def __init__(self, page_size: int = 1_000) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.page_size = page_size
        self.calls: list[tuple[str, ...]] = []
        self.answers: dict[str, list[Exception | None]] = {}

    def will(self, operation: str, *answers: Exception | None) -> None:
        self.answers[operation] = list(answers)

    def sort_keys(self, pk: str) -> list[str]:
        return sorted(sk for partition, sk in self.items if partition == pk)

    def put_item(
        self,
        *,
        TableName: str,
        Item: dict[str, Any],
        ReturnValues: str = "NONE",
    ) -> dict[str, Any]:
        key = self._called("put_item", TableName, Item["pk"], Item["sk"])
        before = self.items.get(key)
        self.items[key] = Item
        return {"Attributes": before} if before and ReturnValues == "ALL_OLD" else {}

    def delete_item(
        self,
        *,
        TableName: str,
        Key: dict[str, Any],
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        assert set(Key) == {"pk", "sk"}
        key = self._called("delete_item", TableName, Key["pk"], Key["sk"])
        if ConditionExpression is not None:
            ((name, attribute),) = (ExpressionAttributeNames or {}).items()
            ((value, expected),) = (ExpressionAttributeValues or {}).items()
            assert ConditionExpression == f"{name} = {value}"
            if self.items.get(key, {}).get(attribute) != expected:
                raise client_error("ConditionalCheckFailedException")
        self.items.pop(key, None)
        return {}

    def get_item(
        self,
        *,
        TableName: str,
        Key: dict[str, Any],
        ConsistentRead: bool,
    ) -> dict[str, Any]:
        assert ConsistentRead
        key = self._called("get_item", TableName, Key["pk"], Key["sk"])
        return {"Item": dict(self.items[key])} if key in self.items else {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: dict[str, Any],
        UpdateExpression: str,
        ExpressionAttributeValues: dict[str, Any],
        ExpressionAttributeNames: dict[str, str] | None = None,
        ConditionExpression: str | None = None,
    ) -> dict[str, Any]:
        """Take SET of values, on condition that an attribute is absent or has a value."""
        key = self._called("update_item", TableName, Key["pk"], Key["sk"])
        names = ExpressionAttributeNames or {}
        item = self.items.get(key, {})
        if ConditionExpression is not None:
            absent, same = ConditionExpression.split(" OR ")
            name, value = same.split(" = ")
            assert absent == f"attribute_not_exists({name})"
            now = item.get(names.get(name, name))
            if now is not None and now != ExpressionAttributeValues[value]:
                raise client_error("ConditionalCheckFailedException")
        changes = UpdateExpression.removeprefix("SET ").split(", ")
        values = dict(change.split(" = ") for change in changes)
        after = {names.get(name, name): ExpressionAttributeValues[values[name]] for name in values}
        self.items[key] = {**item, **Key, **after}
        return {}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: dict[str, Any],
        ConsistentRead: bool,
        FilterExpression: str | None = None,
        ExclusiveStartKey: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        values = dict(ExpressionAttributeValues)
        name = KeyConditionExpression.removeprefix("pk = ")
        pk = values.pop(name)
        assert ConsistentRead
        assert TableName == self.NAME
        self._answer("query", pk["S"])
        after = ExclusiveStartKey["sk"]["S"] if ExclusiveStartKey else ""
        found = [sk for sk in self.sort_keys(pk["S"]) if sk > after]
        read = [self.items[pk["S"], sk] for sk in found[: self.page_size]]
        page = {"Items": read}
        if FilterExpression is not None:
            ((name, value),) = values.items()
            assert FilterExpression == f"contains(ids, {name})"
            page = {"Items": [item for item in read if value["S"] in item["ids"]["SS"]]}
        if len(found) < self.page_size:
            return page
        return page | {"LastEvaluatedKey": {"pk": pk, "sk": read[-1]["sk"]}}

    def _called(self, operation: str, table: str, pk: Key, sk: Key) -> tuple[str, str]:
        assert table == self.NAME
        texts = pk["S"], sk["S"]
        self._answer(operation, *texts)
        return texts

    def _answer(self, operation: str, *texts: str) -> None:
        self.calls.append((operation, *texts))
        queue = self.answers.get(operation)
        error = queue.pop(0) if queue else None
        if error is not None:
            raise error


class FakeStates:
    """Stands for boto3's Step Functions client: a task token is good for one success.

    Attributes:
        waiting: tokens of executions that wait.
        stale: error codes of tokens that are no longer good; any other is unknown.
        woken: tokens of those that were woken, in order.
        before_answer: runs while a success is on its way.
    """

    def __init__(self, *waiting: str, stale: Mapping[str, str] | None = None) -> None:
        self.waiting = list(waiting)
        self.stale = dict(stale or {})
        self.woken: list[str] = []
        self.before_answer: Callable[[], None] = lambda: None

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        json.loads(output)
        self.before_answer()
        if taskToken not in self.waiting:
            raise client_error(self.stale.get(taskToken, "TaskDoesNotExist"))
        self.waiting.remove(taskToken)
        self.stale[taskToken] = "TaskTimedOut"
        self.woken.append(taskToken)
        return {}
