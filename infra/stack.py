"""The stack only composes; every resource lives in a construct of its own capability."""

from __future__ import annotations

import json

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.callers import Callers
from infra.campaign_access import let_move_campaigns
from infra.coordination import Coordination
from infra.dead_letters import DeadLetters
from infra.encryption import Encryption
from infra.export_access import let_run_exports
from infra.export_store import ExportStore
from infra.functions import Functions
from infra.monitoring import Monitoring
from infra.settings import Settings
from infra.triggers import Triggers
from infra.workflow.workflow import Workflow
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON
from lambdas.shared.environment import CAMPAIGN_RATES, SNAPSHOT_EXPORTS


class OrchestratorStack(Stack):
    """The whole orchestrator, in one stack that needs to know no account and no Region."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Orchestrates Amazon Connect outbound campaigns and RDS exports to S3",
        )
        retention = logs.RetentionDays[settings.log_retention]
        store = ExportStore(
            self,
            "Exports",
            prefix=settings.export_prefix,
            existing=settings.existing_store,
            noncurrent_version_days=settings.noncurrent_version_days,
        )
        bus = events.EventBus(self, "Bus", description="Requests come in, outcomes go out")
        encryption = Encryption(self, "Encryption")
        coordination = Coordination(self, "Coordination", encryption=encryption)

        functions = Functions(self, "Functions", retention=retention, key=encryption.key)
        reading_inputs = {
            SNAPSHOT_EXPORTS: SNAPSHOT_EXPORTS_JSON.dump_json(settings.snapshot_exports).decode()
        }
        accept_request = functions.add("AcceptRequest", "requests", environment=reading_inputs)
        advance_plan = functions.add("AdvancePlan", "requests")
        plan_clean_up = functions.add(
            "PlanCleanUp", "requests", environment={**coordination.environment, **reading_inputs}
        )
        coordination.let_read_starts(plan_clean_up)
        coordination.let_claim_outcomes(plan_clean_up)
        reconcile_campaigns = self._reconcile_campaigns(functions, coordination, settings)
        reconcile_export = self._reconcile_export(functions, coordination, store)
        workflow = Workflow(
            self,
            "Workflow",
            accept_request=accept_request,
            advance_plan=advance_plan,
            plan_clean_up=plan_clean_up,
            reconcile_campaigns=reconcile_campaigns,
            reconcile_export=reconcile_export,
            bus=bus,
            table=coordination.table,
            retention=retention,
            campaign_events=settings.campaign_events,
            key=encryption.key,
        )
        wake_waiters = functions.add("WakeWaiters", "waiting", environment=coordination.environment)
        workflow.grant_read_executions(plan_clean_up)
        coordination.let_wait(workflow.machine)
        coordination.let_wake(wake_waiters, workflow.machine)
        dead_letters = DeadLetters(self, "DeadLetters", encryption=encryption)
        triggers = Triggers(
            self,
            "Triggers",
            bus=bus,
            machine=workflow.machine,
            wake_waiters=wake_waiters,
            snapshot_exports=settings.snapshot_exports,
            dead_letters=dead_letters,
        )
        if settings.campaign_events:
            triggers.wake_on_campaign_calls(wake_waiters, not_of=reconcile_campaigns)

        watched = Monitoring(
            self,
            "Monitoring",
            name=settings.stack_name,
            machine=workflow.machine,
            functions=(
                accept_request,
                advance_plan,
                plan_clean_up,
                reconcile_campaigns,
                reconcile_export,
                wake_waiters,
            ),
            tells_outcomes=advance_plan,
            dead_letters=dead_letters,
            rules=triggers.metric_dimensions,
            encryption=encryption,
            alarm_email=settings.alarm_email,
        )
        callers = Callers(self, "Callers", machine=workflow.machine, bus=bus)

        outputs = {
            "StateMachineArn": workflow.machine.state_machine_arn,
            "EventBusName": bus.event_bus_name,
            "ExportBucketName": store.bucket.bucket_name,
            "UndeliveredEventsUrl": dead_letters.events.queue_url,
            "FailedInvocationsUrl": dead_letters.invocations.queue_url,
            "FailedCleanUpsUrl": dead_letters.clean_ups.queue_url,
            "AlarmTopicArn": watched.topic.topic_arn,
            "CallerPolicyArn": callers.policy.managed_policy_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

    def _reconcile_campaigns(
        self, functions: Functions, coordination: Coordination, settings: Settings
    ) -> lambda_.Function:
        function = functions.add(
            "ReconcileCampaigns",
            "campaigns",
            environment={
                **coordination.environment,
                CAMPAIGN_RATES: json.dumps(settings.model_dump(mode="json")["campaign_rates"]),
            },
        )
        let_move_campaigns(function, self, settings.campaign_instance_ids)
        coordination.let_limit_rates(function)
        return function

    def _reconcile_export(
        self,
        functions: Functions,
        coordination: Coordination,
        store: ExportStore,
    ) -> lambda_.Function:
        function = functions.add(
            "ReconcileExport",
            "exports",
            environment={
                **coordination.environment,
                "EXPORT_BUCKET": store.bucket.bucket_name,
                "EXPORT_PREFIX": store.prefix,
                "EXPORT_ROLE_ARN": store.role.role_arn,
                "EXPORT_KEY_ARN": store.key.key_arn,
            },
        )
        let_run_exports(function, self)
        store.let_start_exports(function)
        store.let_collect_results(function)
        coordination.let_note_starts(function)
        return function
