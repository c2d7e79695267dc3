"""What starts the machine, or hurries it: events."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lambdas.domain.acceptance import REQUESTED

EXPORT_ENDED: Final = tuple(f"RDS-EVENT-{number:04}" for number in range(159, 165))
"""Failed, canceled and completed, of snapshots and of cluster snapshots. An export straight from a
cluster has none. Source: RDS user guide, USER_Events.Messages."""


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
    ) -> None:
        super().__init__(scope, construct_id)
        events.Rule(
            self,
            "OrchestrationRequested",
            event_bus=bus,
            event_pattern=events.EventPattern(detail_type=[REQUESTED]),
            targets=[targets.SfnStateMachine(machine)],
            description="The event's detail is a request",
        )
        events.Rule(
            self,
            "ExportEnded",
            event_pattern=events.EventPattern(
                source=["aws.rds"], detail={"EventID": list(EXPORT_ENDED)}
            ),
            targets=[targets.LambdaFunction(wake_waiters)],
            description="Whoever waits for the export, or for its slot, looks at once",
        )
