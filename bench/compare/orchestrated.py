"""This orchestrator: each job is a request, as in examples/."""

from __future__ import annotations

from typing import Any, Final

from bench.compare.cases import Case, Job, Kind
from bench.compare.measure import Run, Said
from localcloud.orchestrator import LocalOrchestrator
from localcloud.report import report
from localcloud.runs import Runs

SAID: Final = {"SUCCEEDED": Said.DONE, "ABORTED": Said.ABORTED}
"""What an execution says by its status; any other one says that it failed."""


class Orchestrated:
    """Runs requests on the deployed stack."""

    def run(self, case: Case, orchestrator: LocalOrchestrator) -> Run:
        """Send the request, and wait for it and for what cleans up after it."""
        runs = Runs(orchestrator, [request(case.job)])
        runs.finish()
        reported = report(orchestrator, runs)
        lines = [line for lines in orchestrator.aws.functions.logs.values() for line in lines]
        return Run(
            case,
            SAID.get(runs.all[0].status, Said.FAILED),
            runs.ended_at_s,
            orchestrator.simulators.ledger.timeline,
            transitions=reported["state_transitions"],
            invocations=sum(reported["lambda_invocations"].values()),
            log_bytes=sum(len(line.encode()) for line in lines),
        )


def request(job: Job) -> dict[str, Any]:
    """Return the request for a job."""
    match job.kind:
        case Kind.WINDOW:
            pause = _campaigns(job, "PAUSED") | {"id": "pause", "on_abort": "restore"}
            restore = {"kind": "campaigns", "of": "pause", "target": "RESTORED"}
            return _stages([pause], _exports(job), [restore])
        case Kind.EXPORTS:
            return _stages(_exports(job))
        case Kind.STOP:
            return _stages([_campaigns(job, "STOPPED")])
        case Kind.FRESH:
            snapshot = {"id": "new", "kind": "snapshot", "db_instance": job.database}
            snapshot |= {"target": "AVAILABLE", "on_abort": "delete"}
            delete = {"kind": "snapshot", "of": "new", "target": "DELETED"}
            return _stages([snapshot], [_export(source={"of": "new"})], [delete])


def _stages(*stages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a request whose third stage runs in any case."""
    conditions: tuple[dict[str, Any], ...] = ({}, {}, {"run": "always"})
    return {
        "stages": [
            {"jobs": jobs} | condition for jobs, condition in zip(stages, conditions, strict=False)
        ]
    }


def _campaigns(job: Job, target: str) -> dict[str, Any]:
    ids = list(job.campaigns)
    return {"kind": "campaigns", "campaign_ids": ids, "target": target, "if_ended": "accept"}


def _exports(job: Job) -> list[dict[str, Any]]:
    return [_export(source_arn=source) for source in job.sources]


def _export(**source: object) -> dict[str, Any]:
    return {"kind": "export", "target": "COMPLETE", "on_abort": "cancel", **source}
