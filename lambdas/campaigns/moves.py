"""What jobs have done to campaigns, noted in the coordination table before it is done.

One item for each job and campaign. It holds the calls that may have taken effect: a call is added
before it is made, and taken out again only if AWS has definitely refused it. So a function that is
killed, or whose response is lost, leaves a campaign that counts as changed by the job, and a
campaign that somebody else has changed first does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any, NamedTuple

from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.transitions import LEADS_TO, Move, Mutation
from lambdas.campaigns.work import CampaignWork
from lambdas.shared import clock, items
from lambdas.shared.aws import client
from lambdas.shared.calls import api_call
from lambdas.shared.errors import ConditionalCheckFailedException
from lambdas.shared.partitions import Partitions


class NotedMove(NamedTuple):
    """What a job did to a campaign, as noted.

    Attributes:
        job: what the outcome calls the job.
        restore_on_abort: whether a clean-up undoes it.
        noted_at: epoch seconds, of the last mutation.
    """

    job: str
    campaign_id: str
    move: Move
    api_version: ApiVersion
    restore_on_abort: bool
    noted_at: float


class Moves:
    """The notes of all executions."""

    def __init__(self, table: str, connect: Callable[[str], Any] = client) -> None:
        self._table = table
        self._partitions = Partitions(table, connect)
        self._dynamodb = connect("dynamodb")

    def note_call(self, execution_arn: str, noted: NotedMove, call: str) -> None:
        """Note a call before it is made; the state found is that before the first call.

        Args:
            execution_arn: the request's.
            noted: what the call does.
            call: identifies the call.

        Raises:
            AwsError: when it may not have been noted.
        """
        expires_at = noted.noted_at + items.KEPT_FOR_CLEAN_UP_SECONDS
        with api_call("UpdateItem"):
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(execution_arn, noted.job, noted.campaign_id),
                UpdateExpression=(
                    "SET #found = if_not_exists(#found, :found), #asked = :asked,"
                    " #on_abort = :on_abort, #api_version = :api_version, #noted_at = :noted_at,"
                    f" {items.EXPIRES_AT} = :expires_at ADD #calls :call"
                ),
                ExpressionAttributeNames={
                    "#found": items.FOUND,
                    "#asked": items.ASKED,
                    "#on_abort": items.RESTORE_ON_ABORT,
                    "#api_version": items.API_VERSION,
                    "#noted_at": items.NOTED_AT,
                    "#calls": items.CALLS,
                },
                ExpressionAttributeValues={
                    ":found": {"S": noted.move.found},
                    ":asked": {"S": noted.move.asked},
                    ":on_abort": {"BOOL": noted.restore_on_abort},
                    ":api_version": {"S": noted.api_version},
                    ":noted_at": {"N": f"{noted.noted_at:.3f}"},
                    ":expires_at": items.expiry(expires_at)[items.EXPIRES_AT],
                    ":call": {"SS": [call]},
                },
            )

    def withdraw(self, execution_arn: str, job: str, campaign_id: str, call: str) -> None:
        """Take out a call that had no effect, and the note if it has no other one.

        To do so twice is to do it once.

        Raises:
            AwsError: when it may still be noted.
        """
        key = _key(execution_arn, job, campaign_id)
        names, values = {"#calls": items.CALLS}, {":call": {"SS": [call]}}
        try:
            with api_call("DeleteItem"):
                self._dynamodb.delete_item(
                    TableName=self._table,
                    Key=key,
                    ConditionExpression="#calls = :call",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
        except ConditionalCheckFailedException:
            with suppress(ConditionalCheckFailedException), api_call("UpdateItem"):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="DELETE #calls :call",
                    ConditionExpression="contains(#calls, :text)",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values | {":text": {"S": call}},
                )

    def holds(self, execution_arn: str, job: str, campaign_id: str) -> bool:
        """Return whether a job's change of a campaign is noted.

        Raises:
            AwsError: when the table did not answer.
        """
        with api_call("GetItem"):
            answer = self._dynamodb.get_item(
                TableName=self._table,
                Key=_key(execution_arn, job, campaign_id),
                ConsistentRead=True,
            )
        return items.CALLS in answer.get("Item", {})

    def forget(self, execution_arn: str, job: str, campaign_id: str) -> None:
        """Delete a note.

        Raises:
            AwsError: when it could not be deleted.
        """
        with api_call("DeleteItem"):
            self._dynamodb.delete_item(
                TableName=self._table, Key=_key(execution_arn, job, campaign_id)
            )

    def of(self, execution_arn: str) -> tuple[NotedMove, ...]:
        """Return what an execution's jobs have done, or may have done, in its order.

        Raises:
            AwsError: when the table did not answer.
        """
        partition = items.MOVE.partition.format(execution_arn=execution_arn)
        found = self._partitions.read_partition(partition)
        moves = (_noted(item) for item in found if items.CALLS in item)
        return tuple(sorted(moves, key=lambda noted: noted.noted_at))


class MovesOfWork:
    """The notes of one unit of work: those that it makes, or those that it undoes.

    Work that neither notes nor undoes anything has none, and makes no calls for them.
    """

    def __init__(
        self, work: CampaignWork, execution_arn: str, invocation: str, moves: Moves
    ) -> None:
        """Prepare.

        Args:
            work: the unit of work.
            execution_arn: the request's.
            invocation: identifies this invocation of the function.
            moves: the notes of all executions.
        """
        self._work = work
        self._execution_arn = execution_arn
        self._calls = (f"{invocation}/{number}" for number in count())
        self._moves = moves

    def next_call(self) -> str:
        """Return the identifier of the next call, which no other one has."""
        return next(self._calls)

    def note_call(self, campaign_id: str, found: str, mutation: Mutation, call: str) -> None:
        """Note a call before it is made.

        Raises:
            AwsError: when it may not have been noted.
        """
        work = self._work
        if work.notes_moves:
            noted = NotedMove(
                job=work.job_label,
                campaign_id=campaign_id,
                move=Move(found=found, asked=LEADS_TO[mutation]),
                api_version=work.api_version,
                restore_on_abort=work.on_abort == "restore",
                noted_at=clock.now(),
            )
            self._moves.note_call(self._execution_arn, noted, call)

    def withdraw(self, campaign_id: str, calls: Iterable[str]) -> None:
        """Take out calls that had no effect.

        Raises:
            AwsError: when they may still be noted.
        """
        if self._work.notes_moves:
            for call in calls:
                self._moves.withdraw(self._execution_arn, self._work.job_label, campaign_id, call)

    def are_undone(self, campaign_id: str) -> bool:
        """Return whether what this work is to undo has been undone already, or left for good.

        Raises:
            AwsError: when the table did not answer.
        """
        undoes = self._work.undoes
        return undoes is not None and not any(
            self._moves.holds(undoes.execution_arn, job, campaign_id) for job in undoes.jobs
        )

    def forget(self, campaign_id: str) -> None:
        """Delete the notes of what this work has undone, or leaves for good.

        Raises:
            AwsError: when they may still be there.
        """
        if self._work.undoes is not None:
            for job in self._work.undoes.jobs:
                self._moves.forget(self._work.undoes.execution_arn, job, campaign_id)


def _key(execution_arn: str, job: str, campaign_id: str) -> items.Attributes:
    return items.MOVE.key(execution_arn=execution_arn, job=job, campaign_id=campaign_id)


def _noted(item: items.Attributes) -> NotedMove:
    job, _, campaign_id = item[items.SORT_KEY]["S"].partition("#")
    return NotedMove(
        job=job,
        campaign_id=campaign_id,
        move=Move(found=item[items.FOUND]["S"], asked=item[items.ASKED]["S"]),
        api_version=ApiVersion(item[items.API_VERSION]["S"]),
        restore_on_abort=item[items.RESTORE_ON_ABORT]["BOOL"],
        noted_at=float(item[items.NOTED_AT]["N"]),
    )
