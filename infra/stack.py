"""The stack, which only composes the constructs of its capabilities."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.campaigns import Campaigns
from infra.exports.exports import Exports
from infra.monitoring.monitoring import Monitoring
from infra.platform.coordination import Coordination
from infra.platform.dead_letters import DeadLetters
from infra.platform.encryption import Encryption
from infra.platform.functions import Functions
from infra.platform.platform import Platform
from infra.requests.callers import Callers
from infra.requests.notices import Notices
from infra.requests.operators import Operators
from infra.requests.requests import Requests
from infra.requests.triggers import Triggers
from infra.settings import Settings
from infra.snapshots import Snapshots
from infra.waiting import Waiting
from infra.workflow.jobs import Reconciler
from infra.workflow.workflow import Workflow


class OrchestratorStack(Stack):
    """The orchestrator as one stack, for any account and Region."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Orchestrates Amazon Connect outbound campaigns, RDS snapshots and exports",
        )
        retention = logs.RetentionDays[settings.log_retention]
        encryption = Encryption(self, "Encryption")
        platform = Platform(
            bus=events.EventBus(self, "Bus", description="Requests come in, outcomes go out"),
            encryption=encryption,
            coordination=Coordination(self, "Coordination", encryption=encryption),
            dead_letters=DeadLetters(self, "DeadLetters", encryption=encryption),
            functions=Functions(self, "Functions", retention=retention, key=encryption.key),
        )
        waiting = Waiting(self, "Waiting", platform=platform)
        requests = Requests(self, "Requests", settings=settings, platform=platform)
        campaigns = Campaigns(
            self, "Campaigns", settings=settings, platform=platform, waiting=waiting
        )
        campaigns.grant_resolve(requests.resolve_jobs)
        exports = Exports(self, "Exports", settings=settings, platform=platform, waiting=waiting)
        snapshots = Snapshots(
            self, "Snapshots", settings=settings, platform=platform, waiting=waiting
        )
        workflow = Workflow(
            self,
            "Workflow",
            accept_request=requests.accept_request,
            advance_plan=requests.advance_plan,
            resolve_jobs=requests.resolve_jobs,
            plan_clean_up=requests.plan_clean_up,
            reconcilers={
                "campaigns": Reconciler(
                    campaigns.function, woken_by_events=settings.campaign_events
                ),
                "export": Reconciler(exports.function),
                "snapshot": Reconciler(snapshots.function),
            },
            bus=platform.bus,
            table=platform.coordination.table,
            retention=retention,
            key=encryption.key,
        )
        workflow.grant_read_executions(requests.plan_clean_up)
        workflow.grant_task_success(waiting.function)
        platform.coordination.grant_store_tokens(workflow.machine)
        triggers = Triggers(
            self, "Triggers", settings=settings, platform=platform, machine=workflow.machine
        )
        notices = settings.notices and Notices(
            self, "Notices", settings=settings.notices, platform=platform
        )
        monitoring = Monitoring(
            self,
            "Monitoring",
            settings=settings,
            platform=platform,
            machine=workflow.machine,
            functions=(
                *requests.functions,
                campaigns.function,
                exports.function,
                snapshots.function,
                waiting.function,
            ),
            logs_outcomes=requests.advance_plan,
            rules=(
                *([notices.rule] if notices else []),
                *triggers.rules,
                *exports.rules,
                *snapshots.rules,
                *campaigns.rules,
            ),
        )
        callers = Callers(self, "Callers", machine=workflow.machine, bus=platform.bus)
        operators = Operators(
            self,
            "Operators",
            machine=workflow.machine,
            reconcile_campaigns=campaigns.function,
            coordination=platform.coordination,
        )
        self._outputs(
            StateMachineArn=workflow.machine.state_machine_arn,
            EventBusName=platform.bus.event_bus_name,
            ExportBucketName=exports.store.bucket.bucket_name,
            UndeliveredEventsUrl=platform.dead_letters.events.queue_url,
            FailedInvocationsUrl=platform.dead_letters.invocations.queue_url,
            FailedCleanUpsUrl=platform.dead_letters.clean_ups.queue_url,
            AlarmTopicArn=monitoring.topic.topic_arn,
            CallerPolicyArn=callers.policy.managed_policy_arn,
            OperatorPolicyArn=operators.policy.managed_policy_arn,
        )
        if notices:
            self._outputs(NoticeTopicArn=notices.topic.topic_arn)

    def _outputs(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
