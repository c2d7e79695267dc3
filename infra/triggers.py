"""What starts the machine: events on the stack's own bus."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lambdas.domain.acceptance import REQUESTED


class Triggers(Construct):
    """Rules that turn events into executions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bus: events.IEventBus,
        machine: sfn.IStateMachine,
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
