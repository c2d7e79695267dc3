"""DAGs of Apache Airflow with the RDS operators of its Amazon provider.

There are no operators for campaigns, so those tasks are Python callables with boto3. A DAG is
either plain, with Airflow's defaults, or tuned: three retries, and sensors, which fail as soon as
an export has failed and wait for a week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import boto3
from airflow.providers.amazon.aws.operators.rds import (
    RdsCreateDbSnapshotOperator,
    RdsDeleteDbSnapshotOperator,
    RdsStartExportTaskOperator,
)
from airflow.providers.amazon.aws.sensors.rds import (
    RdsExportTaskExistenceSensor,
    RdsSnapshotExistenceSensor,
)
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, BaseOperator, chain
from botocore.config import Config

Json = dict[str, Any]

POLL_SECONDS: Final = 30
SLOTS: Final = 5
POOL: Final = "rds_exports"
RETRIES: Final = Config(retries={"mode": "standard", "max_attempts": 5})
AWS: Final[Json] = {"aws_conn_id": None, "region_name": "us-east-1"}
SNAPSHOT_ARN: Final = "arn:aws:rds:us-east-1:123456789012:snapshot:{}"


def dag(job: Json) -> DAG:
    """Return the DAG of a job."""
    retries = {"retries": 3} if job["is_tuned"] else {}
    with DAG(job["name"], schedule=None, default_args=retries) as made:
        _TASKS[job["kind"]](job)
    return made


def window(job: Json) -> None:
    """Pause what runs of the campaigns, export a snapshot, and resume them in any case."""
    find = PythonOperator(
        task_id="find_running",
        python_callable=find_running,
        op_kwargs={"campaign_ids": job["campaigns"]},
    )
    pause = PythonOperator(task_id="pause", python_callable=pause_running)
    resume = PythonOperator(task_id="resume", python_callable=resume_paused)
    chain(find, pause, *export(job, job["sources"][0], job["name"]), resume)
    resume.as_teardown(setups=find)


def exports(job: Json) -> None:
    """Export snapshots, five at a time."""
    tasks = [
        export(job, source, f"{job['name']}-{number}")
        for number, source in enumerate(job["sources"])
    ]
    if job["is_tuned"]:  # a sensor takes no slot of a pool for the export that it waits for
        for lane in range(SLOTS):
            chain(*(task for each in tasks[lane::SLOTS] for task in each))


def stop(job: Json) -> None:
    """Stop campaigns."""
    PythonOperator(
        task_id="stop",
        python_callable=stop_campaigns,
        op_kwargs={"campaign_ids": job["campaigns"]},
    )


def fresh(job: Json) -> None:
    """Create a snapshot, export it, and delete it in any case."""
    name = job["name"]
    snapshot = {"db_type": "instance", "db_snapshot_identifier": name, **AWS}
    create = RdsCreateDbSnapshotOperator(
        task_id="create",
        db_identifier=job["database"],
        wait_for_completion=not job["is_tuned"],
        **snapshot,
    )
    delete = RdsDeleteDbSnapshotOperator(task_id="delete", **snapshot)
    sensors = (
        [RdsSnapshotExistenceSensor(task_id="exists", poke_interval=POLL_SECONDS, **snapshot)]
        if job["is_tuned"]
        else []
    )
    chain(create, *sensors, *export(job, SNAPSHOT_ARN.format(name), name), delete)
    delete.as_teardown(setups=create)


def export(job: Json, source_arn: str, name: str) -> list[BaseOperator]:
    """Return the tasks that export a snapshot, one after the other."""
    start = RdsStartExportTaskOperator(
        task_id=f"export-{name}",
        export_task_identifier=name,
        source_arn=source_arn,
        s3_bucket_name=job["store"]["bucket"],
        iam_role_arn=job["store"]["role_arn"],
        kms_key_id=job["store"]["key_arn"],
        wait_for_completion=not job["is_tuned"],
        pool=POOL,
        **AWS,
    )
    if not job["is_tuned"]:
        return [start]
    sensor = RdsExportTaskExistenceSensor(
        task_id=f"wait-for-{name}",
        export_task_identifier=name,
        target_statuses=["complete"],
        error_statuses=["failed", "canceled"],
        poke_interval=POLL_SECONDS,
        **AWS,
    )
    return [start, sensor]


def find_running(campaign_ids: Sequence[str]) -> list[str]:
    """Return the campaigns that run."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    return [
        campaign_id
        for campaign_id in campaign_ids
        if campaigns.get_campaign_state(id=campaign_id)["state"] == "Running"
    ]


def pause_running(ti: Any) -> None:  # noqa: ANN401 - a task instance
    """Pause those that were found running, unless an earlier attempt has."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    for campaign_id in ti.xcom_pull(task_ids="find_running"):
        if campaigns.get_campaign_state(id=campaign_id)["state"] == "Running":
            campaigns.pause_campaign(id=campaign_id)


def resume_paused(ti: Any) -> None:  # noqa: ANN401 - a task instance
    """Resume those that were found running, if they are paused."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    for campaign_id in ti.xcom_pull(task_ids="find_running"):
        if campaigns.get_campaign_state(id=campaign_id)["state"] == "Paused":
            campaigns.resume_campaign(id=campaign_id)


def stop_campaigns(campaign_ids: Sequence[str]) -> None:
    """Stop those that run or are paused."""
    campaigns = boto3.client("connectcampaignsv2", config=RETRIES)
    for campaign_id in campaign_ids:
        if campaigns.get_campaign_state(id=campaign_id)["state"] in ("Running", "Paused"):
            campaigns.stop_campaign(id=campaign_id)


def described(job: Json) -> list[Json]:
    """Return what a scheduler has to know of each task."""
    return [
        {
            "id": task.task_id,
            "upstream": sorted(task.upstream_task_ids),
            "setups": sorted(each.task_id for each in task.upstream_list if each.is_setup),
            "is_teardown": task.is_teardown,
            "retries": task.retries,
            "retry_delay_s": task.retry_delay.total_seconds(),
            "pool": task.pool,
        }
        for task in dag(job).topological_sort()
    ]


class TaskInstance:
    """What the callables above need of Airflow's."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def xcom_pull(self, task_ids: str) -> Any:  # noqa: ANN401 - any value
        """Return what a task has returned."""
        return self._values[task_ids]


def executed(task: BaseOperator, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value
    """Execute a task; `values` are those that others have returned."""
    return task.execute({"ti": TaskInstance(values)})


_TASKS: Final = {"WINDOW": window, "EXPORTS": exports, "STOP": stop, "FRESH": fresh}
