"""The state machine: accept the request, run it stage by stage, publish the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.platform.encryption import machine_log_group
from infra.workflow.fallback_outcome import NOTHING, fallback_outcome
from infra.workflow.jobs import CHILD_INPUT, MAP_LABEL, Jobs, Reconciler
from infra.workflow.jsonata import INPUT, Value, expression, written
from infra.workflow.retries import (
    FOR_FUNCTIONS,
    FOR_FUNCTIONS_THAT_CALL_AWS,
    NOT_PUBLISHED,
    add_retries,
    budget_in_words,
    catch_everything,
)
from infra.workflow.tasks import TASK_TIMEOUT, function_task
from lambdas.jobs.phases import Phase
from lambdas.requests.outcome import COMPLETED, OUTCOME_NOT_PUBLISHED, REQUEST_REJECTED, Outcome
from lambdas.requests.response import Response
from lambdas.shared.limits import OUTLIVES_EXECUTION_SECONDS

_RESPONSE: Final = Value("$states.input", Response)
"""The output of the function before a state."""
_PLAN: Final = _RESPONSE.field("plan")
_RETRIES: Final = expression("$sum([$states.context.State.RetryCount])")
"""A sum of a list leaves out what is undefined, should a context object lack its count."""

_RESOLVING: Final = _PLAN.field("resolving")
"""The stage whose jobs are to be resolved before it runs."""
_OUTCOME: Final = _RESPONSE.field("outcome")
_NO_RESULTS: Final = {
    "plan": expression(_PLAN),
    "results": [],
    "error": expression("$states.errorOutput"),
}
"""What AdvancePlan is given when a whole stage was lost."""

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
        resolve_jobs: lambda_.IFunction,
        plan_clean_up: lambda_.IFunction,
        reconcilers: Mapping[str, Reconciler],
        bus: events.IEventBus,
        table: dynamodb.ITable,
        retention: logs.RetentionDays,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        jobs = Jobs(self, "Jobs", reconcilers=reconcilers, table=table)
        self._bus = bus
        self._run = self._run_jobs(jobs)
        self._publish = self._publish_outcome()
        advance = self._advance_plan(advance_plan)
        self._resolve = self._resolve_jobs(resolve_jobs, advance)
        self._route_plan(advance, "IsPlanFinished")
        accept = self._accept_request(accept_request, self._plan_clean_up(plan_clean_up))
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
                    log_group_name=machine_log_group(),
                    retention=retention,
                    encryption_key=key,
                    removal_policy=RemovalPolicy.RETAIN,
                ),
                level=sfn.LogLevel.ERROR,
            ),
        )

    def grant_read_executions(self, function: lambda_.Function) -> None:
        """Grant a function to read executions and their children.

        In a policy of its own: the role's default one would have to exist before the function, and
        the function before the machine.
        """
        stack = Stack.of(self)
        arn = stack.split_arn(self.machine.state_machine_arn, ArnFormat.COLON_RESOURCE_NAME)

        def of_machine(resource: str, name: str) -> str:
            return stack.format_arn(
                service="states",
                resource=resource,
                resource_name=name,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )

        # Callers choose the names of executions, Step Functions those of children.
        executions = of_machine("execution", f"{arn.resource_name}:*")
        children = of_machine("execution", f"{arn.resource_name}/{MAP_LABEL}:*")
        map_runs = of_machine("mapRun", f"{arn.resource_name}/{MAP_LABEL}:*")
        iam.Policy(
            self,
            "ReadExecutions",
            roles=[cast(iam.IRole, function.role)],
            statements=[
                iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions]),
                iam.PolicyStatement(
                    actions=["states:GetExecutionHistory"], resources=[executions, children]
                ),
                iam.PolicyStatement(actions=["states:ListExecutions"], resources=[map_runs]),
            ],
        )

    def grant_task_success(self, grantee: iam.IGrantable) -> iam.Grant:
        """Grant to end waits with a task token, of children, whose machine's ARN has a label."""
        arn = self.machine.state_machine_arn
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["states:SendTaskSuccess"],
            resource_arns=[arn, f"{arn}/{MAP_LABEL}"],
        )

    def _accept_request(
        self, function: lambda_.IFunction, clean_up: sfn.IChainable
    ) -> sfn.TaskStateBase:
        accept = function_task(
            self,
            function,
            payload={"request": INPUT, **_EXECUTION},
            retriers=FOR_FUNCTIONS,
            comment="Validates the whole request before anything starts.",
        )
        route = sfn.Choice.jsonata(self, "RouteRequest")
        route.when(_exists(_RESOLVING), self._resolve)
        route.when(_exists(_PLAN), self._run)
        route.when(_exists(_RESPONSE.field("clean_up")), clean_up)
        route.otherwise(self._publish)
        self._catch(accept, fallback_outcome(plan=NOTHING, results=NOTHING))
        accept.next(route)
        return accept

    def _plan_clean_up(self, function: lambda_.IFunction) -> sfn.Wait:
        wait = sfn.Wait.jsonata(
            self,
            "AwaitLastStarts",
            time=sfn.WaitTime.duration(Duration.seconds(OUTLIVES_EXECUTION_SECONDS)),
            comment="A function that was running when the execution ended may still note a start.",
        )
        plan = function_task(
            self,
            function,
            payload={"clean_up": expression(_RESPONSE.field("clean_up")), **_EXECUTION},
            retriers=FOR_FUNCTIONS_THAT_CALL_AWS,
            comment="Plans what to cancel after an execution, and the outcome to publish for it.",
        )
        self._catch(plan, fallback_outcome(plan=NOTHING, results=NOTHING))
        route = sfn.Choice.jsonata(self, "IsAnythingLeftBehind")
        route.when(_exists(_OUTCOME), self._publish)
        route.otherwise(self._run)
        plan.next(route)
        wait.next(plan)
        return wait

    def _advance_plan(self, function: lambda_.IFunction) -> sfn.TaskStateBase:
        advance = function_task(
            self,
            function,
            payload=INPUT,
            retriers=FOR_FUNCTIONS,
            comment="Takes the children's results, and decides what runs next.",
        )
        self._catch(advance, fallback_outcome())
        catch_everything(self._run, advance, outputs=_NO_RESULTS)
        self._run.next(advance)
        return advance

    def _resolve_jobs(
        self, function: lambda_.IFunction, advance: sfn.TaskStateBase
    ) -> sfn.TaskStateBase:
        resolve = function_task(
            self,
            function,
            payload={"plan": expression(_PLAN), "retries": _RETRIES},
            retriers=FOR_FUNCTIONS_THAT_CALL_AWS,
            comment="Finds out which resources the jobs of the stage that begins are about.",
        )
        catch_everything(resolve, advance, outputs=_NO_RESULTS)
        self._route_plan(resolve, "IsStageResolved", resolve)
        return resolve

    def _route_plan(
        self, task: sfn.TaskStateBase, name: str, resolve: sfn.TaskStateBase | None = None
    ) -> None:
        route = sfn.Choice.jsonata(self, name)
        route.when(_exists(_OUTCOME), self._publish)
        route.when(_exists(_RESOLVING), resolve or self._resolve)
        route.otherwise(self._run)
        task.next(route)

    def _run_jobs(self, jobs: Jobs) -> sfn.DistributedMap:
        run = sfn.DistributedMap.jsonata(
            self,
            "RunJobs",
            label=MAP_LABEL,
            map_execution_type=sfn.StateMachineType.STANDARD,
            items=sfn.ProvideItems.jsonata(expression(_PLAN.field("running"))),
            item_selector=written(
                CHILD_INPUT.shape,
                {
                    "work": expression("$states.context.Map.Item.Value"),
                    "trace": expression(_PLAN.field("trace")),
                },
            ),
            tolerated_failure_percentage=100,
            outputs={
                "plan": expression(_PLAN),
                "results": expression("$states.result"),
            },
            comment="One child execution per unit of work; a lost one fails its job, not the map.",
        )
        run.item_processor(jobs.start)
        return run

    def _publish_outcome(self) -> sfn.TaskStateBase:
        retriers = (NOT_PUBLISHED,)
        publish_this = _RESPONSE.field("publish")
        publish = tasks.EventBridgePutEvents.jsonata(
            self,
            "PublishOutcome",
            entries=[
                tasks.EventBridgePutEventsEntry(
                    detail=sfn.TaskInput.from_text(
                        expression(f"$exists({publish_this}) ? {publish_this} : {_OUTCOME}")
                    ),
                    detail_type=COMPLETED,
                    source=SOURCE,
                    event_bus=self._bus,
                )
            ],
            outputs=INPUT,
            task_timeout=sfn.Timeout.duration(TASK_TIMEOUT),
            comment=f"Publishes the outcome as an event. {budget_in_words(retriers)}",
        )
        add_retries(publish, retriers)
        route, failed = self._route_outcome()
        not_published = {
            "outcome": written(
                Outcome,
                {
                    "reason": OUTCOME_NOT_PUBLISHED,
                    "summary": expression(
                        f"$substring({_OUTCOME.field('summary')}, 0, 30000) & '; not published: '"
                        " & $substring($states.errorOutput.Cause, 0, 500)"
                    ),
                },
            )
        }
        catch_everything(publish, failed, outputs=not_published)
        publish.next(route)
        return publish

    def _route_outcome(self) -> tuple[sfn.Choice, sfn.Fail]:
        """Return the state after publication, and the one in which a failed request ends."""
        failed = self._fail("RequestFailed")
        route = sfn.Choice.jsonata(self, "RouteOutcome")
        complete = sfn.Succeed.jsonata(self, "RequestComplete", outputs=expression(_OUTCOME))
        for phase in (Phase.COMPLETE, Phase.PLANNED):
            condition = expression(f"{_OUTCOME.field('phase')} = '{phase}'")
            route.when(sfn.Condition.jsonata(condition), complete)
        route.when(
            sfn.Condition.jsonata(expression(f"{_OUTCOME.field('reason')} = '{REQUEST_REJECTED}'")),
            self._fail("RequestRejected"),
        )
        route.otherwise(failed)
        return route, failed

    def _fail(self, name: str) -> sfn.Fail:
        return sfn.Fail.jsonata(
            self,
            name,
            error=expression(_OUTCOME.field("reason")),
            cause=expression(_OUTCOME.field("summary")),
        )

    def _catch(self, task: sfn.TaskStateBase, outcome: str) -> None:
        """End a request whose workflow failed, with an outcome of all that is known."""
        catch_everything(task, self._publish, outputs={"outcome": outcome})


def _exists(value: Value) -> sfn.Condition:
    return sfn.Condition.jsonata(expression(f"$exists({value})"))


_EXECUTION: Final = {
    "execution_arn": expression("$states.context.Execution.Id"),
    "execution_name": expression("$states.context.Execution.Name"),
}
