"""Apache Airflow's own operators and sensors, in a Python of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from bench.compare.cases import SLOTS, Case
from bench.compare.dag_run import DagRun, Task
from bench.compare.measure import Run
from bench.compare.processes import Processes, export_store
from infra.project import ROOT
from localcloud.clock import Event
from localcloud.functions.workers import Zygote
from localcloud.orchestrator import LocalOrchestrator

Json = dict[str, Any]

HOME: Final = ROOT / "build" / "airflow"
PYTHON: Final = HOME / "bin" / "python"
ENVIRONMENT: Final = {"AIRFLOW_HOME": str(HOME / "home")}
_PREIMPORTED: Final = (
    "boto3",
    "airflow.providers.amazon.aws.operators.rds",
    "airflow.providers.amazon.aws.sensors.rds",
    "airflow.providers.standard.operators.python",
    "airflow.sdk",
)


@contextmanager
def airflow_processes() -> Iterator[Zygote]:
    """Yield what forks processes that have imported Airflow."""
    zygote = Zygote(
        tempfile.mkdtemp(prefix="airflow-"),
        python=str(PYTHON),
        preimported=_PREIMPORTED,
        environment=ENVIRONMENT,
    )
    try:
        yield zygote
    finally:
        zygote.close()


class Airflow:
    """Runs the DAGs of guests/airflow_dags.py; an abort marks the DAG run as failed."""

    def __init__(self, zygote: Zygote, *, is_tuned: bool) -> None:
        self._zygote = zygote
        self._is_tuned = is_tuned

    def run(self, case: Case, orchestrator: LocalOrchestrator) -> Run:
        """Run the DAG to its end."""
        job = self._job(case, export_store(orchestrator))
        processes = Processes(orchestrator, self._zygote, ENVIRONMENT)

        def execute(task: Task, attempt: int, values: Mapping[str, Any], interrupt: Event) -> Json:
            event = {**job, "task_id": task.id, "values": dict(values)}
            return processes.call(
                "run_task", event, interrupt, seed=f"{case.name} {task.id} {attempt}"
            )

        never = Event(orchestrator.clock, "nothing")
        described = processes.call("describe_dag", job, never, seed=case.name)
        tasks = [Task(**each) for each in described["tasks"]]
        orchestrator.begin()
        said = DagRun(tasks, execute, orchestrator.clock, slots=SLOTS).finish(case.abort_at_s)
        ended_at_s = orchestrator.seconds()
        return Run(
            case,
            said,
            ended_at_s,
            orchestrator.simulators.ledger.timeline,
            process_s=ended_at_s,
        )

    def _job(self, case: Case, store: dict[str, str]) -> Json:
        return {
            "kind": case.job.kind.name,
            "campaigns": case.job.campaigns,
            "sources": case.job.sources,
            "database": case.job.database,
            "name": case.name,
            "store": store,
            "is_tuned": self._is_tuned,
        }
