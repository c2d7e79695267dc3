"""What one child execution does: look, branch on the phase, wait, look again.

It keeps two variables: `$trace`, whose request it works for, and `$look`, what it saw last.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.jsonata import INPUT, PAYLOAD, SHORT_ERROR, expression
from infra.retries import FOR_RECONCILERS, FOR_TABLE, add_retries, budget_in_words
from infra.tasks import function_task
from lambdas.domain.phases import Phase

MAP_LABEL = "Jobs"
"""Names the children of the Distributed Map: <machine>/Jobs."""

PUT_AND_WAIT = "aws-sdk:dynamodb:putItem.waitForTaskToken"

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
            "Hands the account of the failure to the plan, which fails the request: a Distributed"
            " Map keeps no output of a child that ends in Fail.",
        )
        self._unsettled = self._end(
            "JobUnsettled", "The looks of this child are spent; the plan runs a fresh one."
        )
        campaigns = self._loop(
            "RouteCampaigns",
            reconcile_campaigns,
            waits={
                Phase.DELETING: await_campaigns("AwaitDeletion", "Deleted, but still to be seen."),
            },
            otherwise=await_campaigns("AwaitCampaigns", "The cadence says for how long."),
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
            otherwise=self._await_wake("AwaitExportEvent", "Until the export ends."),
            unwoken="AwaitNextLook",
        )
        given = {"trace": expression("$states.input.trace"), "look": INPUT}
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
            payload={"work": expression("$look.work"), "trace": expression("$trace")},
            assign={"look": PAYLOAD},
            retriers=FOR_RECONCILERS,
            comment="One look: observe, decide, act where it is legal.",
        )
        look.add_catch(
            self._failed,
            errors=["States.ALL"],
            assign={
                "look": {
                    "key": expression("$look.work.key"),
                    "phase": Phase.FAILED.value,
                    "work": expression("$look.work"),
                    "error": SHORT_ERROR,
                }
            },
        )
        route = sfn.Choice.jsonata(self, route_name, state_name=route_name)
        ends = {
            Phase.COMPLETE: self._complete,
            Phase.FAILED: self._failed,
            Phase.UNSETTLED: self._unsettled,
        }
        for phase, state in {**ends, **waits}.items():
            route.when(sfn.Condition.jsonata(expression(f"$look.phase = '{phase}'")), state)
        route.otherwise(otherwise)
        look.next(route)
        for wait in (*waits.values(), otherwise):
            wait.next(look)
            if isinstance(wait, sfn.CustomState):
                wait.add_catch(look, errors=["States.Timeout"])
                wait.add_catch(self._unwoken(unwoken, look), errors=["States.ALL"])
        return look

    @cache  # noqa: B019 - one state, which lives as long as its construct
    def _unwoken(self, name: str, look: sfn.TaskStateBase) -> sfn.Wait:
        """Return the wait for when nobody could be told whom to wake."""
        wait = self._wait(name, "Nobody can wake it: the table did not take the token.")
        wait.next(look)
        return wait

    def _wait(self, name: str, comment: str) -> sfn.Wait:
        seconds = sfn.WaitTime.seconds(expression("$look.wait_seconds"))
        return sfn.Wait.jsonata(self, name, state_name=name, time=seconds, comment=comment)

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
