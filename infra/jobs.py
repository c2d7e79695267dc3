"""What one child execution does: look, branch on the phase, wait, look again."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.jsonata import ERROR, INPUT, expression
from infra.retries import FOR_RECONCILERS
from infra.tasks import function_task
from lambdas.domain.phases import Phase


class Jobs(Construct):
    """The graph of a child execution."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        reconcile_campaigns: lambda_.IFunction,
        reconcile_export: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id)
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
                Phase.DELETING: self._wait("AwaitDeletion", "Deleted, but still to be seen."),
            },
            otherwise=self._wait("AwaitCampaigns", "The cadence says for how long."),
        )
        export = self._loop(
            "RouteExport",
            reconcile_export,
            waits={
                Phase.QUEUED: self._wait("AwaitExportSlot", "No slot is free, or no source is."),
            },
            otherwise=self._wait("AwaitExportEvent", "The cadence says for how long."),
        )
        trace = {"trace": expression("$states.input.trace")}
        which = sfn.Choice.jsonata(self, "WhichKind", state_name="WhichKind", assign=trace)
        which.when(
            sfn.Condition.jsonata(expression("$states.input.work.kind = 'campaigns'")),
            campaigns,
            assign=trace,
        )
        which.otherwise(export)
        self.start: sfn.IChainable = which

    def _loop(
        self,
        route_name: str,
        function: lambda_.IFunction,
        *,
        waits: dict[Phase, sfn.Wait],
        otherwise: sfn.Wait,
    ) -> sfn.TaskStateBase:
        """Look, route by phase, wait, look again."""
        look = function_task(
            self,
            function,
            payload={"work": expression("$states.input.work"), "trace": expression("$trace")},
            retriers=FOR_RECONCILERS,
            comment="One look: observe, decide, act where it is legal.",
        )
        look.add_catch(
            self._failed,
            errors=["States.ALL"],
            outputs={
                "key": expression("$states.input.work.key"),
                "phase": Phase.FAILED.value,
                "work": expression("$states.input.work"),
                "error": ERROR,
            },
        )
        route = sfn.Choice.jsonata(self, route_name, state_name=route_name)
        ends = {
            Phase.COMPLETE: self._complete,
            Phase.FAILED: self._failed,
            Phase.UNSETTLED: self._unsettled,
        }
        for phase, state in {**ends, **waits}.items():
            route.when(sfn.Condition.jsonata(expression(f"$states.input.phase = '{phase}'")), state)
        route.otherwise(otherwise)
        look.next(route)
        for wait in (*waits.values(), otherwise):
            wait.next(look)
        return look

    def _wait(self, name: str, comment: str) -> sfn.Wait:
        seconds = sfn.WaitTime.seconds(expression("$states.input.wait_seconds"))
        return sfn.Wait.jsonata(self, name, state_name=name, time=seconds, comment=comment)

    def _end(self, name: str, comment: str) -> sfn.Succeed:
        return sfn.Succeed.jsonata(self, name, state_name=name, outputs=INPUT, comment=comment)
