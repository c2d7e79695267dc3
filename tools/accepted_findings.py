"""What the AWS Solutions rules of cdk-nag find in the stack, and why it stays: the one list."""

from __future__ import annotations

from typing import Final, NamedTuple


class Accepted(NamedTuple):
    """A finding that stays.

    Attributes:
        rule: of the AWS Solutions pack.
        detail: what of it, as cdk-nag writes it but for logical ids; empty where a rule has none.
        where: the construct's path below the stack; `*` stands for any names.
        reason: why it stays.
    """

    rule: str
    detail: str
    where: str
    reason: str


_IN_ACCOUNT: Final = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"
_WRITER: Final = (
    "Written so in the RDS user guide, 'Providing access to an S3 bucket': which of these calls an"
    " export makes is told nowhere. The bucket is for exports alone"
)
_ANY_SOURCE: Final = (
    "A request names the source of its export. It goes to the stack's own bucket, whoever asks"
)
_CHILDREN: Final = (
    "CDK's policy of a Distributed Map: its children have names that Step Functions makes"
)

_TRACING: Final = "X-Ray has no resources to name"
_ONE_RUNTIME: Final = (
    "The layer holds compiled packages for one runtime, python3.13, which AWS supports until June"
    " 2029; it and the runtime are raised together"
)

ACCEPTED: Final = (
    *(
        Accepted("IAM5", "Resource::*", f"{function}Role/DefaultPolicy", _TRACING)
        for function in ("Requests/*", "Campaigns/ReconcileCampaigns", "Waiting/WakeWaiters")
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Exports/ReconcileExportRole/DefaultPolicy",
        "Neither X-Ray nor an export task has a resource to name",
    ),
    Accepted(
        "IAM5",
        "Resource::*",
        "Workflow/Machine/Role/DefaultPolicy",
        "X-Ray has no resources to name, nor have the log deliveries that Step Functions asks for",
    ),
    Accepted(
        "IAM5",
        "Resource::" + _IN_ACCOUNT.format("connect-campaigns", "campaign/*"),
        "Campaigns/ReconcileCampaignsRole/DefaultPolicy",
        "A request names its campaigns; campaign_instance_ids limits whose may be moved",
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
        "Resource::<ExportsStoreBucket.Arn>/exports/*/export_*.json",
        "Exports/ReconcileExportRole/DefaultPolicy",
        "The files in which each export tells of itself; their folder bears its identifier",
    ),
    *(
        Accepted("IAM5", f"Action::s3:{verb}Object*", "Exports/Store/Role/DefaultPolicy", _WRITER)
        for verb in ("Put", "Get", "Delete")
    ),
    Accepted(
        "IAM5",
        "Resource::<ExportsStoreBucket.Arn>/*",
        "Exports/Store/Role/DefaultPolicy",
        "Written so in the same guide: what RDS checks of the role is told nowhere",
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
            "A clean-up may follow any execution of the machine; names of executions are their"
            " callers' to choose, those of Map Runs and of their children Step Functions'",
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
        "An execution's name is its caller's to choose, so no narrower one can be written down",
    ),
    *(
        Accepted("L1", "", function, _ONE_RUNTIME)
        for function in (
            "Requests/*",
            "Campaigns/ReconcileCampaigns",
            "Exports/ReconcileExport",
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
