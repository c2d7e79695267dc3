"""What starts the machine, or hurries it: events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.dead_letters import DeadLetters
from infra.settings import SnapshotExport
from lambdas.domain.acceptance import CLEAN_UP, REQUESTED
from lambdas.domain.campaign_states import Mutation
from lambdas.domain.outcomes import OUTCOME_NOT_PUBLISHED, WORKFLOW_FAILED

EXPORT_ENDED: Final = tuple(f"RDS-EVENT-{number:04}" for number in range(159, 165))
"""Failed, canceled and completed, of snapshots and of cluster snapshots. An export straight from a
cluster has none. Source: RDS user guide, USER_Events.Messages."""

SNAPSHOT_CREATED: Final = ("RDS-EVENT-0042", "RDS-EVENT-0091", "RDS-EVENT-0075", "RDS-EVENT-0169")
"""Manual and automated snapshots, and cluster snapshots alike. Source: the same page."""

ENDED_BY_ENGINE: Final = "States."
"""What the names of the errors begin with by which Step Functions itself ends an execution."""


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
        self._machine = machine
        self._dead_letters = dead_letters
        dead_letters.keep_failures_of(wake_waiters)
        self._clean_up_what_is_left_behind()
        for number, export in enumerate(snapshot_exports):
            self._export_new_snapshots(f"SnapshotCreated{number}", export)
        events.Rule(
            self,
            "OrchestrationRequested",
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
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self._machine.state_machine_arn],
                    "input": [{"anything-but": {"prefix": f'{{"{CLEAN_UP}"'}}],
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

    def _export_new_snapshots(self, construct_id: str, export: SnapshotExport) -> None:
        request = {
            "kind": "export",
            "source_arn": events.EventField.from_path("$.detail.SourceArn"),
            "target": "COMPLETE",
            "export_only": list(export.export_only),
        }
        prefixes = (export.source_prefix, f"rds:{export.source_prefix}")
        events.Rule(
            self,
            construct_id,
            event_pattern=events.EventPattern(
                source=["aws.rds"],
                detail={
                    "EventID": list(SNAPSHOT_CREATED),
                    "SourceIdentifier": [{"prefix": prefix} for prefix in prefixes],
                },
            ),
            targets=[
                self._dead_letters.start(self._machine, events.RuleTargetInput.from_object(request))
            ],
            description=f"Snapshots of {export.source_prefix}* export themselves",
        )
