"""What starts the machine, or hurries it: events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from aws_cdk import Fn
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.dead_letters import DeadLetters
from lambdas.campaigns.transitions import Mutation
from lambdas.requests.acceptance import CLEAN_UP, REQUESTED
from lambdas.requests.events import SNAPSHOT_CREATED, STATUS_CHANGED, SnapshotExport
from lambdas.requests.outcome import OUTCOME_NOT_PUBLISHED, WORKFLOW_FAILED

EXPORT_ENDED: Final = tuple(
    f"RDS-EVENT-{number:04}" for number in (*range(159, 165), *range(234, 237))
)
"""Failed, canceled and completed: of snapshots, of cluster snapshots, and straight from clusters.
Source: RDS and Aurora user guides, USER_Events.Messages; only the latter has those of clusters."""

REQUESTS: Final = "OrchestrationRequested"
"""The rule on the stack's own bus."""

ENDED_BY_ENGINE: Final = "States."
"""What the names of the errors begin with by which Step Functions itself ends an execution."""


CLEAN_UP_FAILED: Final = ("FAILED", "ABORTED", "TIMED_OUT")

_INPUT_OF_CLEAN_UP: Final = {"prefix": f'{{"{CLEAN_UP}"'}
"""Of an execution's input, which its events hold as text."""


class Triggers(Construct):
    """Rules that turn events into executions, or wake those that wait."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bus: events.IEventBus,
        machine: sfn.IStateMachine,
        wake_waiters: lambda_.IFunction,
        snapshot_exports: Sequence[SnapshotExport],
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        self._bus = bus
        self._machine = machine
        self._dead_letters = dead_letters
        dead_letters.keep_failures_of(wake_waiters)
        self._clean_up_what_is_left_behind()
        self._keep_clean_ups_that_failed()
        if snapshot_exports:
            self._export_new_snapshots(snapshot_exports)
        events.Rule(
            self,
            REQUESTS,
            event_bus=bus,
            event_pattern=events.EventPattern(detail_type=[REQUESTED]),
            targets=[dead_letters.start(machine)],
            description="The event's detail is a request",
        )
        events.Rule(
            self,
            "ExportEnded",
            event_pattern=events.EventPattern(
                source=["aws.rds"], detail={"EventID": list(EXPORT_ENDED)}
            ),
            targets=[dead_letters.invoke(wake_waiters)],
            description="Whoever waits for the export, or for its slot, looks at once",
        )

    def wake_on_campaign_calls(
        self, wake_waiters: lambda_.IFunction, *, not_of: lambda_.Function
    ) -> None:
        """Wake those who wait for a campaign when somebody has moved it, but for one function.

        Only what CloudTrail records comes, so the account needs a trail. Source: EventBridge
        reference, Amazon Connect outbound campaigns; CloudTrail user guide, userIdentity element.
        """
        own = cast(iam.IRole, not_of.role)  # which a function that is made here always has
        somebody_else = [
            {"arn": [{"anything-but": [own.role_arn]}]},
            {"arn": [{"exists": False}]},
        ]
        events.Rule(
            self,
            "CampaignMoved",
            event_pattern=events.EventPattern(
                source=["aws.connect-campaigns"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={
                    "eventSource": ["connect-campaigns.amazonaws.com"],
                    "eventName": [mutation.value for mutation in Mutation],
                    "errorCode": [{"exists": False}],
                    "userIdentity": {"sessionContext": {"sessionIssuer": {"$or": somebody_else}}},
                },
            ),
            targets=[self._dead_letters.invoke(wake_waiters)],
            description="Whoever waits for a campaign that somebody else moves looks at once",
        )

    def _clean_up_what_is_left_behind(self) -> None:
        """Start a clean-up after an execution that had no chance to end its request itself.

        It was aborted, timed out, was ended by the engine, or its outcome could not be published.
        A clean-up is not cleaned up after.
        """
        clean_up = {
            CLEAN_UP: {"execution_arn": events.EventField.from_path("$.detail.executionArn")}
        }
        events.Rule(
            self,
            "ExecutionLeftBehind",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=[STATUS_CHANGED],
                detail={
                    "stateMachineArn": [self._machine.state_machine_arn],
                    "input": [{"anything-but": _INPUT_OF_CLEAN_UP}],
                    "$or": [
                        {"status": ["ABORTED", "TIMED_OUT"]},
                        {
                            "status": ["FAILED"],
                            "error": [
                                {"prefix": ENDED_BY_ENGINE},
                                WORKFLOW_FAILED,
                                OUTCOME_NOT_PUBLISHED,
                            ],
                        },
                    ],
                },
            ),
            targets=[
                self._dead_letters.start(
                    self._machine, events.RuleTargetInput.from_object(clean_up)
                )
            ],
            description="What an ended execution has left behind is undone, its outcome published",
        )

    def _keep_clean_ups_that_failed(self) -> None:
        """Keep the events of clean-ups that failed: what they were to undo is still there."""
        rule = events.Rule(
            self,
            "CleanUpFailed",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=[STATUS_CHANGED],
                detail={
                    "stateMachineArn": [self._machine.state_machine_arn],
                    "status": list(CLEAN_UP_FAILED),
                    "input": [_INPUT_OF_CLEAN_UP],
                },
            ),
            description="Clean-ups that failed are kept, to be started again",
        )
        self._dead_letters.keep_clean_ups_of(rule)

    def _export_new_snapshots(self, exports: Sequence[SnapshotExport]) -> None:
        """Start an execution with the event itself, from which AcceptRequest makes the request."""
        prefixes = [prefix for export in exports for prefix in export.prefixes]
        events.Rule(
            self,
            "SnapshotCreated",
            event_pattern=events.EventPattern(
                source=["aws.rds"],
                detail={
                    "EventID": list(SNAPSHOT_CREATED),
                    "SourceIdentifier": [{"prefix": prefix} for prefix in prefixes],
                },
            ),
            targets=[self._dead_letters.start(self._machine)],
            description="New snapshots are exported as the setting snapshot_exports says",
        )

    @property
    def metric_dimensions(self) -> list[dict[str, str]]:
        """By which the metrics of each rule are found.

        Source: EventBridge user guide, 'Monitoring Amazon EventBridge': by its name alone on the
        default bus, by its bus's name too on any other.
        """
        rules = [child for child in self.node.children if isinstance(child, events.Rule)]
        return [self._dimensions_of(rule) for rule in rules]

    def _dimensions_of(self, rule: events.Rule) -> dict[str, str]:
        if rule.node.id != REQUESTS:
            return {"RuleName": rule.rule_name}
        # Its Ref is not its name alone; its ARN ends in rule/BUS/NAME.
        name = Fn.select(2, Fn.split("/", rule.rule_arn))
        return {"EventBusName": self._bus.event_bus_name, "RuleName": name}
