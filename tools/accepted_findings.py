"""The accepted findings of cdk-nag's AWS Solutions rules, with reasons."""

from __future__ import annotations

from typing import Final, NamedTuple


class Accepted(NamedTuple):
    """An accepted finding.

    Attributes:
        rule: of the AWS Solutions pack.
        detail: what of it, as cdk-nag writes it, without logical ids; empty if a rule has none.
        where: the construct's path below the stack; `*` stands for any names.
        reason: why it is accepted.
    """

    rule: str
    detail: str
    where: str
    reason: str


_IN_ACCOUNT: Final = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"
_WRITER: Final = (
    "Written so in the RDS user guide, 'Providing access to an S3 bucket': which of these calls an"
    " export makes is not documented. The bucket is for exports only"
)
_ANY_SOURCE: Final = (
    "A request names the source of its export, which goes to the stack's own bucket in any case"
)
_ANY_LISTED: Final = "A request names the database whose newest snapshot is exported"
_CHILDREN: Final = (
    "CDK's policy of a Distributed Map: Step Functions chooses the names of its children"
)

_ANY_DATABASE: Final = "A request names the database that its snapshot is taken of"
_READ_ONLY: Final = (
    "Only described: an identifier may be taken by a snapshot that is not the stack's"
)
_OWN: Final = (
    "Identifiers differ by execution. Only snapshots with the stack's tag are created and deleted"
)
_TRACING: Final = "X-Ray has no resource-level permissions"
_ONE_RUNTIME: Final = (
    "The layer holds compiled packages for one runtime, python3.13, which AWS supports until June"
    " 2029; it and the runtime are raised together"
)

ACCEPTED: Final = (
    *(
        Accepted("IAM5", "Resource::*", f"{function}Role/DefaultPolicy", _TRACING)
        for function in (
            "Requests/AcceptRequest",
            "Requests/AdvancePlan",
            "Requests/PlanCleanUp",
            "Campaigns/ReconcileCampaigns",
            "Waiting/WakeWaiters",
        )
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Requests/ResolveJobsRole/DefaultPolicy",
        f"{_TRACING}. Nor have connect-campaigns:ListCampaigns and tag:GetResources",
    ),
    Accepted("IAM5", "Resource::*", "Snapshots/ReconcileSnapshotRole/DefaultPolicy", _TRACING),
    *(
        Accepted(
            "IAM5",
            "Resource::" + _IN_ACCOUNT.format("rds", name),
            "Snapshots/ReconcileSnapshotRole/DefaultPolicy",
            reason,
        )
        for name, reason in (
            ("db:*", _ANY_DATABASE),
            ("cluster:*", _ANY_DATABASE),
            ("snapshot:*", _READ_ONLY),
            ("cluster-snapshot:*", _READ_ONLY),
            ("snapshot:orchestrator-*", _OWN),
            ("cluster-snapshot:orchestrator-*", _OWN),
        )
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Exports/ReconcileExportRole/DefaultPolicy",
        "X-Ray has no resource-level permissions. Nor have rds:CancelExportTask and"
        " rds:DescribeExportTasks: an export task has no ARN",
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Workflow/Machine/Role/DefaultPolicy",
        "X-Ray has no resource-level permissions, nor have the log deliveries of Step Functions",
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("connect-campaigns", "campaign/*"),
        "Campaigns/ReconcileCampaignsRole/DefaultPolicy",
        "A request names its campaigns; campaign_instance_ids limits which ones may be changed",
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("connect-campaigns", "campaign/*"),
        "Requests/ResolveJobsRole/DefaultPolicy",
        "Reads the states and tags of the campaigns that a request may select",
    ),
    *(
        Accepted(
            "IAM5",
            "Resource::" + _IN_ACCOUNT.format("rds", f"{kind}:*"),
            "Exports/ReconcileExportRole/DefaultPolicy",
            _ANY_SOURCE,
        )
        for kind in ("snapshot", "cluster-snapshot", "cluster")
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("rds", "db:*"),
        "Exports/ReconcileExportRole/DefaultPolicy",
        _ANY_LISTED,
    ),
    Accepted(
        "IAM5",
        "Resource::<ExportsStoreBucket.Arn>/exports/*/export_*.json",
        "Exports/ReconcileExportRole/DefaultPolicy",
        "The status files of each export, in a folder with its identifier",
    ),
    Accepted(
        "IAM5",
        "Resource::<ExportsStoreBucket.Arn>/exports/latest/*",
        "Exports/ReconcileExportRole/DefaultPolicy",
        "The pointers, one for each database that a request exports",
    ),
    *(
        Accepted("IAM5", f"Action::s3:{verb}Object*", "Exports/Store/Role/DefaultPolicy", _WRITER)
        for verb in ("Put", "Get", "Delete")
    ),
    Accepted(
        "IAM5",
        "Resource::<ExportsStoreBucket.Arn>/*",
        "Exports/Store/Role/DefaultPolicy",
        "Written so in the same guide: what RDS checks of the role is not documented",
    ),
    Accepted(
        "IAM5",
        "Resource::<a function>:*",
        "Workflow/Machine/Role/DefaultPolicy",
        "CDK's invoke task names a function with all its versions; these have none",
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("states", "execution:<the machine>:*"),
        "Workflow/Machine/DistributedMapPolicy",
        _CHILDREN,
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("states", "execution:<the machine>/Jobs:*"),
        "Workflow/Machine/DistributedMapPolicy",
        _CHILDREN,
    ),
    *(
        Accepted(
            "IAM5",
            "Resource::" + _IN_ACCOUNT.format("states", name),
            "Workflow/ReadExecutions",
            "A clean-up may follow any execution of the state machine; callers choose the names of"
            " executions, and Step Functions those of Map Runs and their children",
        )
        for name in (
            "execution:<the machine>:*",
            "execution:<the machine>/Jobs:*",
            "mapRun:<the machine>/Jobs:*",
        )
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("states", "execution:<the machine>:*"),
        "Callers/Policy",
        "Callers choose the names of their executions, so there is no narrower resource",
    ),
    *(
        Accepted(
            "IAM5",
            "Resource::" + _IN_ACCOUNT.format("states", name),
            "Operators/Policy",
            "Operators read and stop any execution of the state machine; callers choose the names"
            " of executions, and Step Functions those of Map Runs and their children",
        )
        for name in (
            "execution:<the machine>:*",
            "execution:<the machine>/Jobs:*",
            "mapRun:<the machine>/Jobs:*",
        )
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Operators/Policy",
        "An export task has no ARN, and without a name DescribeStacks lists stacks",
    ),
    *(
        Accepted("L1", "", function, _ONE_RUNTIME)
        for function in (
            "Requests/*",
            "Campaigns/ReconcileCampaigns",
            "Exports/ReconcileExport",
            "Snapshots/ReconcileSnapshot",
            "Waiting/WakeWaiters",
        )
    ),
    Accepted(
        "SF1",
        "",
        "Workflow/Machine",
        "Failures are logged. Every other event is kept by Step Functions itself for 90 days;"
        " logging all would store each request twice",
    ),
    Accepted("SQS3", "", "DeadLetters/*", "They are the dead-letter queues"),
)
