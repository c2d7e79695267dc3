"""Values for tests; those from an `any_*` builder do not matter to the test that uses them."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.transitions import CampaignState
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import Destination, ExportTask
from lambdas.exports.details import ExportDetails
from lambdas.exports.work import ExportProgress, ExportSpec, ExportWork
from lambdas.jobs import pass_result
from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.polling import Polling
from lambdas.jobs.resource_result import EndPhase
from lambdas.jobs.work import Work
from lambdas.requests.plan import Trace

Model = TypeVar("Model", bound=BaseModel)

NOW = 1_800_000_000.0
REGION = "us-east-1"
ACCOUNT = "123456789012"
SNAPSHOT = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:orders"
CLUSTER = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:orders"
CLUSTER_SNAPSHOT = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:orders"
OTHER_SNAPSHOT = f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:other"
DESTINATION = Destination("stack-bucket", "exports")
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Machine:run-1"


def any_trace() -> Trace:
    return Trace(correlation_id="any-correlation", execution_arn=EXECUTION)


def any_campaign_job(**fields: Any) -> dict[str, Any]:
    return {"kind": "campaigns", "campaign_ids": ["c-1"], "target": "PAUSED"} | fields


def any_export_job(**fields: Any) -> dict[str, Any]:
    return {"kind": "export", "source_arn": SNAPSHOT, "target": "COMPLETE"} | fields


def campaign_work(
    *campaign_ids: str, target: CampaignTarget = CampaignTarget.PAUSED, **fields: Any
) -> CampaignWork:
    open_ = dict.fromkeys(campaign_ids or ("c-1",), CampaignProgress())
    given: dict[str, Any] = {
        "kind": "campaigns",
        "key": "0.0.0",
        "job_label": "0.0",
        "api_version": ApiVersion.V2,
        "target": target,
        "deadline_seconds": 3600,
        "open": open_,
    }
    return CampaignWork(**given | fields)


def export_job(target: ExportTarget = ExportTarget.COMPLETE, **fields: Any) -> ExportSpec:
    return ExportSpec(**any_export_job(target=target) | fields)


def export_work(
    target: ExportTarget = ExportTarget.COMPLETE,
    *,
    progress: ExportProgress | None = None,
    polling: Polling | None = None,
    **fields: Any,
) -> ExportWork:
    return ExportWork(
        kind="export",
        key="0.0",
        job_label="0.0",
        job=export_job(target, **fields),
        progress=progress or ExportProgress(),
        polling=polling or Polling(),
    )


def export_task(status: str = "IN_PROGRESS", **fields: Any) -> ExportTask:
    given: dict[str, Any] = {
        "task_id": "any-task",
        "source_arn": SNAPSHOT,
        "status": status,
        "bucket": DESTINATION.bucket,
        "prefix": DESTINATION.prefix,
    }
    return ExportTask(**given | fields)


def any_progress(**fields: Any) -> CampaignProgress:
    given: dict[str, Any] = {
        "initial_state": CampaignState.RUNNING,
        "state": CampaignState.RUNNING,
        "polls": 2,
    }
    return CampaignProgress(**given | fields)


def export_details(**fields: Any) -> ExportDetails:
    given: dict[str, Any] = {
        "export_task_identifier": "any-task",
        "adopted": False,
        "s3_location": f"s3://{DESTINATION.bucket}/any-task/",
        "percent_progress": 0,
        "total_extracted_gb": 0,
        "failure_cause": None,
    }
    return ExportDetails(**given | fields)


def through_json(value: Any) -> Any:
    """Return a value as the other side of Step Functions sees it."""
    return json.loads(json.dumps(value, ensure_ascii=False))


def json_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def carried(model: Model) -> Model:
    """Return a model as Step Functions carries it to the next function."""
    written = through_json(model.model_dump(mode="json", exclude_defaults=True))
    return type(model).model_validate(written)


def ended(work: Work, phase: EndPhase = Phase.COMPLETE, at: float = NOW) -> PassResult:
    """Return the last pass over work of which everything ended in one phase."""
    end: dict[str, Any] = {"reason": "AnyReason", "message": "any message", "now": at}
    if isinstance(work, CampaignWork):
        for campaign_id in work.open:
            work = work.close(campaign_id, phase=phase, **end)
    else:
        work = work.close(phase=phase, **end)
    return pass_result.last_pass(work, phase)


class AnyContext(LambdaContext):
    """What the runtime passes to a function of its invocation."""

    function_name = "any-function"
    memory_limit_in_mb = 256
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any-function"
    aws_request_id = "any-request"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000
