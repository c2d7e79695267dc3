"""What one child execution does: reconcile, branch on the phase, wait, reconcile again.

It keeps three variables: `$trace`, whose request it works for; `$look`, what it saw last; and
`$history_events`, how many events its history holds at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.jsonata import INPUT, PAYLOAD, SHORT_ERROR, expression
from infra.retries import (
    FOR_RECONCILERS,
    FOR_TABLE,
    add_retries,
    budget_in_words,
    catch_everything,
)
from infra.tasks import function_task
from lambdas.jobs.phases import Phase

MAP_LABEL = "Jobs"
"""Names the children of the Distributed Map: <machine>/Jobs."""

PUT_AND_WAIT = "aws-sdk:dynamodb:putItem.waitForTaskToken"

EVENTS_OF_START: Final = 3
"""ExecutionStarted, and the Choice that a child begins with."""
EVENTS_OF_PASS: Final = 7
"""A task that runs a function, and the Choice behind it."""
EVENTS_OF_WAIT: Final = 2
EVENTS_OF_TOKEN_WAIT: Final = 6
EVENTS_OF_RETRY: Final = 3
"""TaskFailed, TaskScheduled and TaskStarted."""

Waiting = sfn.Wait | sfn.CustomState


class Jobs(Construct):
    """The graph of a child execution."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        reconcile_campaigns: lambda_.IFunction,
        reconcile_export: lambda_.IFunction,
        table: dynamodb.ITable,
        campaign_events: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._table = table
        await_campaigns = self._await_campaigns if campaign_events else self._wait
        self._complete = self._end("JobComplete", "Every resource of the job reached its target.")
        self._failed = self._end(
            "JobFailed",
            "Passes the failure to the plan, which fails the request: a Distributed Map keeps no"
            " output of a child that ends in Fail.",
        )
        campaigns = self._loop(
            "RouteCampaigns",
            reconcile_campaigns,
            waits={
                Phase.DELETING: await_campaigns(
                    "AwaitDeletion", "A deletion was accepted, and the campaign still exists."
                ),
            },
            otherwise=await_campaigns(
                "AwaitCampaigns", "Until the next poll, as the cadence says."
            ),
            unwoken="AwaitNextLookAtCampaigns",
        )
        export = self._loop(
            "RouteExport",
            reconcile_export,
            waits={
                Phase.QUEUED: self._await_wake(
                    "AwaitExportSlot", "No slot is free, or the source is busy."
                ),
            },
            otherwise=self._await_wake(
                "AwaitExportEvent", "Until the export ends, or the next poll."
            ),
            unwoken="AwaitNextLook",
        )
        given = {
            "trace": expression("$states.input.trace"),
            "look": INPUT,
            "history_events": EVENTS_OF_START,
        }
        which = sfn.Choice.jsonata(self, "WhichKind", state_name="WhichKind", assign=given)
        which.when(
            sfn.Condition.jsonata(expression("$states.input.work.kind = 'campaigns'")),
            campaigns,
            assign=given,
        )
        which.otherwise(export)
        self.start: sfn.IChainable = which

    def _loop(
        self,
        route_name: str,
        function: lambda_.IFunction,
        *,
        waits: dict[Phase, Waiting],
        otherwise: Waiting,
        unwoken: str,
    ) -> sfn.TaskStateBase:
        """Look, route by phase, wait, look again; `unwoken` is the wait that nobody can end."""
        look = function_task(
            self,
            function,
            payload={
                "work": expression("$look.work"),
                "trace": expression("$trace"),
                "history_events": expression("$history_events"),
            },
            assign={
                "look": PAYLOAD,
                "history_events": _spent(EVENTS_OF_PASS),
            },
            retriers=FOR_RECONCILERS,
            comment="One reconcile pass: poll, decide, call AWS if that is legal.",
        )
        failed = {
            "look": {
                "key": expression("$look.work.key"),
                "phase": Phase.FAILED.value,
                "work": expression("$look.work"),
                "error": SHORT_ERROR,
                "ended_at": expression("$millis()"),
            }
        }
        catch_everything(look, self._failed, assign=failed)
        route = sfn.Choice.jsonata(self, route_name, state_name=route_name)
        ends = {
            Phase.COMPLETE: self._complete,
            Phase.FAILED: self._failed,
        }
        for phase, state in ends.items():
            route.when(_is(phase), state)
        if isinstance(otherwise, sfn.CustomState):
            fallback = self._wait(
                unwoken, "The fallback wait: no event can end it, for lack of a token in the table."
            )
            fallback.next(look)
            route.when(sfn.Condition.jsonata(expression("$not($exists($look.wake))")), fallback)
            for wait in (*waits.values(), otherwise):
                if isinstance(wait, sfn.CustomState):
                    _end_by_itself(wait, look, fallback)
        for phase, wait in waits.items():
            route.when(_is(phase), wait)
        route.otherwise(otherwise)
        look.next(route)
        for wait in (*waits.values(), otherwise):
            wait.next(look)
        return look

    def _wait(self, name: str, comment: str) -> sfn.Wait:
        seconds = sfn.WaitTime.seconds(expression("$look.wait_seconds"))
        return sfn.Wait.jsonata(
            self,
            name,
            state_name=name,
            time=seconds,
            assign={"history_events": _spent(EVENTS_OF_WAIT)},
            comment=comment,
        )

    def _await_campaigns(self, name: str, comment: str) -> sfn.CustomState:
        """Wait until somebody else moves one of the campaigns that are still open."""
        # $keys gives a single key as a text; the brackets make it a list of one.
        ids = expression("[$keys($look.work.open)]")
        return self._await_wake(name, comment, {"ids": {"SS": ids}})

    def _await_wake(
        self, name: str, comment: str, more: Mapping[str, object] | None = None
    ) -> sfn.CustomState:
        """Wait with a task token that `wake_waiters` finds in the table, or until the next look.

        One execution has one item for what it waits for; `more` is what its item tells besides.
        Written out, because CDK's own task writes a computed timeout as a path, which a state in
        JSONata does not take. Where the token can not be stored, the wait is a plain one.
        """
        wake = "$look.wake"
        key = f"{wake}.order & '#' & $states.context.Execution.Id"
        await_wake = sfn.CustomState(
            self,
            name,
            state_json={
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Comment": f"{comment} {budget_in_words(FOR_TABLE)}",
                "Resource": f"arn:{Aws.PARTITION}:states:::{PUT_AND_WAIT}",
                "TimeoutSeconds": expression("$look.wait_seconds"),
                "Assign": {"history_events": _spent(EVENTS_OF_TOKEN_WAIT)},
                "Arguments": {
                    "TableName": self._table.table_name,
                    "Item": {
                        "pk": {"S": expression(f"{wake}.on")},
                        "sk": {"S": expression(key)},
                        "token": {"S": expression("$states.context.Task.Token")},
                        "expires_at": {"N": expression(f"$string({wake}.expires_at)")},
                        **(more or {}),
                    },
                },
            },
        )
        add_retries(await_wake, FOR_TABLE)
        return await_wake

    def _end(self, name: str, comment: str) -> sfn.Succeed:
        return sfn.Succeed.jsonata(
            self, name, state_name=name, outputs=expression("$look"), comment=comment
        )


def _is(phase: Phase) -> sfn.Condition:
    return sfn.Condition.jsonata(expression(f"$look.phase = '{phase}'"))


def _end_by_itself(wait: sfn.CustomState, look: sfn.IChainable, fallback: sfn.IChainable) -> None:
    """Let a wait with a task token end at its time-out, or go on as a plain wait."""
    assign = {"history_events": _spent(EVENTS_OF_TOKEN_WAIT)}
    wait.add_catch(look, errors=["States.Timeout"], assign=assign)
    catch_everything(wait, fallback, assign=assign)


def _spent(events: int) -> str:
    """Count the events that a state has written, those of its retries included.

    A sum of a list leaves out what is undefined, should a context object lack its count.
    """
    retries = f"$states.context.State.RetryCount * {EVENTS_OF_RETRY}"
    return expression(f"$sum([$history_events, {events}, {retries}])")
