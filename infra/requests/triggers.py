"""The rules that start executions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.platform.platform import Platform
from infra.settings import Settings
from lambdas.exports.wakes import CLUSTER_SNAPSHOT_CREATED, INSTANCE_SNAPSHOT_CREATED
from lambdas.requests.acceptance import CLEAN_UP, REQUESTED
from lambdas.requests.events import STATUS_CHANGED, SnapshotExport, automated_prefix
from lambdas.requests.outcome import OUTCOME_NOT_PUBLISHED, WORKFLOW_FAILED

ENDED_BY_STEP_FUNCTIONS: Final = "States."
"""The prefix of the errors with which Step Functions itself ends an execution."""

CLEAN_UP_FAILED: Final = ("FAILED", "ABORTED", "TIMED_OUT")

_INPUT_OF_CLEAN_UP: Final = {"prefix": f'{{"{CLEAN_UP}"'}
"""Of an execution's input, which its events hold as text."""


class Triggers(Construct):
    """The rules that turn events into executions.

    Attributes:
        rules: all of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        platform: Platform,
        machine: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        self._machine = machine
        self._dead_letters = platform.dead_letters
        self.rules = [self._left_behind(), self._clean_up_failed()]
        if settings.snapshot_exports:
            self.rules.append(self._snapshot_created(settings.snapshot_exports))
        self.rules.append(self._requested(platform.bus))

    def _requested(self, bus: events.IEventBus) -> events.Rule:
        return events.Rule(
            self,
            "OrchestrationRequested",
            event_bus=bus,
            event_pattern=events.EventPattern(detail_type=[REQUESTED]),
            targets=[self._dead_letters.start(self._machine)],
            description="The event's detail is a request",
        )

    def _left_behind(self) -> events.Rule:
        """Start a clean-up after an execution that could not publish its outcome.

        It was aborted, timed out, was ended by Step Functions, or its workflow or the publication
        of its outcome failed. There is no clean-up after a clean-up.
        """
        clean_up = {
            CLEAN_UP: {"execution_arn": events.EventField.from_path("$.detail.executionArn")}
        }
        return events.Rule(
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
                                {"prefix": ENDED_BY_STEP_FUNCTIONS},
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
            description="Starts a clean-up after an execution that ended without an outcome",
        )

    def _clean_up_failed(self) -> events.Rule:
        """Keep the events of clean-ups that failed: what they should have undone still exists."""
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
            description="Keeps failed clean-ups, so that they can be started again",
        )
        self._dead_letters.keep_clean_ups_of(rule)
        return rule

    def _snapshot_created(self, exports: Sequence[SnapshotExport]) -> events.Rule:
        """Start an execution with the event itself, from which AcceptRequest makes the request."""
        by_prefix = [{"prefix": prefix} for export in exports for prefix in export.prefixes]
        instances = [export.db_instance for export in exports if export.db_instance]
        clusters = [export.db_cluster for export in exports if export.db_cluster]
        wanted = [
            {"EventID": list(event_ids), "SourceIdentifier": identifiers}
            for event_ids, identifiers in (
                ((*INSTANCE_SNAPSHOT_CREATED, *CLUSTER_SNAPSHOT_CREATED), by_prefix),
                (INSTANCE_SNAPSHOT_CREATED, _of_databases(instances)),
                (CLUSTER_SNAPSHOT_CREATED, _of_databases(clusters)),
            )
            if identifiers
        ]
        return events.Rule(
            self,
            "SnapshotCreated",
            event_pattern=events.EventPattern(
                source=["aws.rds"], detail=wanted[0] if len(wanted) == 1 else {"$or": wanted}
            ),
            targets=[self._dead_letters.start(self._machine)],
            description="New snapshots are exported as the setting snapshot_exports says",
        )


def _of_databases(names: Sequence[str]) -> list[dict[str, object]]:
    """Return the patterns of identifiers that snapshots of some databases may have.

    Those of manual snapshots, and of AWS Backup's, say nothing of the database.
    """
    if not names:
        return []
    automated: list[dict[str, object]] = [{"prefix": automated_prefix(name)} for name in names]
    return [*automated, {"anything-but": {"prefix": "rds:"}}]
