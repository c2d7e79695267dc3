"""The state machine: accept, then advance stage by stage, then publish the account."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.jobs import MAP_LABEL, Jobs
from infra.jsonata import INPUT, PAYLOAD, expression
from infra.names import COMPLETED
from infra.retries import FOR_FUNCTIONS, NOT_PUBLISHED, add_retries, budget_in_words
from infra.tasks import TASK_TIMEOUT, function_task
from lambdas.domain.outcomes import REQUEST_REJECTED
from lambdas.domain.phases import Phase

SOURCE: Final = "connect-rds-orchestrator"
MAX_EXECUTION: Final = Duration.days(365)
"""The longest that Step Functions lets a Standard execution run. Source: service quotas."""


class Workflow(Construct):
    """One Standard state machine in JSONata."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        accept_request: lambda_.IFunction,
        advance_plan: lambda_.IFunction,
        reconcile_campaigns: lambda_.IFunction,
        reconcile_export: lambda_.IFunction,
        bus: events.IEventBus,
        table: dynamodb.ITable,
        retention: logs.RetentionDays,
        campaign_events: bool,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        jobs = Jobs(
            self,
            "Jobs",
            reconcile_campaigns=reconcile_campaigns,
            reconcile_export=reconcile_export,
            table=table,
            campaign_events=campaign_events,
        )
        self._bus = bus
        publish = self._publish_outcome()
        advance = self._advance_plan(advance_plan, publish, jobs)
        accept = self._accept_request(accept_request, advance, publish)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(accept),
            query_language=sfn.QueryLanguage.JSONATA,
            timeout=MAX_EXECUTION,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Logs",
                    retention=retention,
                    encryption_key=key,
                    removal_policy=RemovalPolicy.RETAIN,
                ),
                level=sfn.LogLevel.ERROR,
            ),
        )

    def _accept_request(
        self, function: lambda_.IFunction, advance: sfn.IChainable, publish: sfn.IChainable
    ) -> sfn.TaskStateBase:
        accept = function_task(
            self,
            function,
            payload={
                "request": INPUT,
                "execution_arn": expression("$states.context.Execution.Id"),
                "execution_name": expression("$states.context.Execution.Name"),
            },
            retriers=FOR_FUNCTIONS,
            outputs=expression("$merge([$states.result.Payload, {'results': []}])"),
            comment="Nothing has started before the whole request is known to be valid.",
        )
        accepted = sfn.Choice.jsonata(self, "IsRequestAccepted")
        accepted.when(sfn.Condition.jsonata(expression("$exists($states.input.plan)")), advance)
        accepted.otherwise(publish)
        self._catch(accept, publish)
        accept.next(accepted)
        return accept

    def _advance_plan(
        self, function: lambda_.IFunction, publish: sfn.IChainable, jobs: Jobs
    ) -> sfn.TaskStateBase:
        advance = function_task(
            self,
            function,
            payload=INPUT,
            retriers=FOR_FUNCTIONS,
            outputs=PAYLOAD,
            comment="What the children did, and what runs next.",
        )
        finished = sfn.Choice.jsonata(self, "IsPlanFinished")
        finished.when(sfn.Condition.jsonata(expression("$exists($states.input.outcome)")), publish)
        finished.otherwise(self._run_jobs(jobs, advance))
        self._catch(advance, publish)
        advance.next(finished)
        return advance

    def _run_jobs(self, jobs: Jobs, advance: sfn.IChainable) -> sfn.DistributedMap:
        run = sfn.DistributedMap.jsonata(
            self,
            "RunJobs",
            label=MAP_LABEL,
            map_execution_type=sfn.StateMachineType.STANDARD,
            items=sfn.ProvideItems.jsonata(expression("$states.input.plan.running")),
            item_selector={
                "work": expression("$states.context.Map.Item.Value"),
                "trace": expression("$states.input.plan.trace"),
            },
            tolerated_failure_percentage=100,
            outputs={
                "plan": expression("$states.input.plan"),
                "results": expression("$states.result"),
            },
            comment="One child execution per job; a child that is lost fails its job, not the map.",
        )
        run.item_processor(jobs.start)
        run.add_catch(
            advance,
            errors=["States.ALL"],
            outputs={
                "plan": expression("$states.input.plan"),
                "results": [],
                "error": expression("$states.errorOutput"),
            },
        )
        run.next(advance)
        return run

    def _publish_outcome(self) -> sfn.TaskStateBase:
        retriers = (NOT_PUBLISHED,)
        publish = tasks.EventBridgePutEvents.jsonata(
            self,
            "PublishOutcome",
            entries=[
                tasks.EventBridgePutEventsEntry(
                    detail=sfn.TaskInput.from_text(expression("$states.input.outcome")),
                    detail_type=COMPLETED,
                    source=SOURCE,
                    event_bus=self._bus,
                )
            ],
            outputs=INPUT,
            task_timeout=sfn.Timeout.duration(TASK_TIMEOUT),
            comment=f"The whole account, as an event. {budget_in_words(retriers)}",
        )
        add_retries(publish, retriers)
        route, failed = self._route_outcome()
        publish.add_catch(
            failed,
            errors=["States.ALL"],
            outputs=_outcome("OutcomeNotPublished", "$states.input.outcome.jobs"),
        )
        publish.next(route)
        return publish

    def _route_outcome(self) -> tuple[sfn.Choice, sfn.Fail]:
        """Return where a published outcome goes, and where a failed one ends."""
        failed = self._fail("RequestFailed")
        route = sfn.Choice.jsonata(self, "RouteOutcome")
        route.when(
            sfn.Condition.jsonata(expression(f"$states.input.outcome.phase = '{Phase.COMPLETE}'")),
            sfn.Succeed.jsonata(
                self, "RequestComplete", outputs=expression("$states.input.outcome")
            ),
        )
        route.when(
            sfn.Condition.jsonata(
                expression(f"$states.input.outcome.reason = '{REQUEST_REJECTED}'")
            ),
            self._fail("RequestRejected"),
        )
        route.otherwise(failed)
        return route, failed

    def _fail(self, name: str) -> sfn.Fail:
        return sfn.Fail.jsonata(
            self,
            name,
            error=expression("$states.input.outcome.reason"),
            cause=expression("$states.input.outcome.summary"),
        )

    @staticmethod
    def _catch(task: sfn.TaskStateBase, publish: sfn.IChainable) -> None:
        """End a request whose own machinery failed, with the account as far as it goes."""
        settled = "$states.input.plan.settled"
        outputs = _outcome(expression("$states.errorOutput.Error"), settled)
        task.add_catch(publish, errors=["States.ALL"], outputs=outputs)


def _outcome(reason: str, jobs: str) -> dict[str, object]:
    """Return an outcome as JSONata, for an end that no function can account for any more."""
    return {
        "outcome": {
            "phase": Phase.FAILED.value,
            "reason": reason,
            "summary": expression("$states.errorOutput.Cause"),
            "execution_arn": expression("$states.context.Execution.Id"),
            "jobs": expression(f"$exists({jobs}) ? {jobs} : []"),
        }
    }
