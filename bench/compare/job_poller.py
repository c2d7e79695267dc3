"""A state machine after the job poller of the AWS samples: start, wait, get status, choose.

Its Retry is theirs, on each call: three more attempts after any error, after 1, 2 and 4 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from bench.compare.cases import SLOTS, Case, Job, Kind
from bench.compare.measure import Run, Said
from bench.compare.orchestrated import SAID
from bench.compare.processes import export_store
from localcloud.cloud import Client, LocalAws
from localcloud.orchestrator import LocalOrchestrator
from localcloud.report import history, transitions

Json = dict[str, Any]

POLL_SECONDS: Final = 30
_ROLE: Final = f"arn:aws:iam::{LocalAws.account}:role/job-poller"
_SDK: Final = "arn:aws:states:::aws-sdk"
_RETRY: Final = [
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
]


class JobPoller:
    """Runs a state machine for each job; an abort is StopExecution."""

    def run(self, case: Case, orchestrator: LocalOrchestrator) -> Run:
        """Run the state machine to its end."""
        machine = definition(case.job, export_store(orchestrator), case.name)
        states = orchestrator.aws.client("stepfunctions")
        machine_arn = states.create_state_machine(
            name=case.name, definition=json.dumps(machine), roleArn=_ROLE
        )["stateMachineArn"]
        orchestrator.begin()
        execution_arn = states.start_execution(stateMachineArn=machine_arn)["executionArn"]
        clock, changed = orchestrator.clock, orchestrator.aws.execution_changed
        if case.abort_at_s is not None:
            stop = partial(states.stop_execution, executionArn=execution_arn)
            clock.at(clock.now() + case.abort_at_s, "an abort", stop)
        while (status := _status(states, execution_arn)) == "RUNNING":
            changed.wait()
            changed.clear()
        run = Run(
            case,
            SAID.get(status, Said.FAILED),
            orchestrator.seconds(),
            orchestrator.simulators.ledger.timeline,
            transitions=transitions(history(orchestrator, execution_arn)),
        )
        states.delete_state_machine(stateMachineArn=machine_arn)
        return run


def _status(states: Client, execution_arn: str) -> str:
    return str(states.describe_execution(executionArn=execution_arn)["status"])


def definition(job: Job, store: Mapping[str, str], name: str) -> Json:
    """Return the state machine that does a job."""
    export = partial(_export_states, store=store)
    match job.kind:
        case Kind.WINDOW:
            return _machine(
                PauseCampaigns=_map(list(job.campaigns), _PAUSE, "ExportSnapshot", at_once=1)
                | {"Assign": {"paused": "{% $states.result %}"}},
                ExportSnapshot=_map([_task(name, 0, job.sources[0])], export(), "ResumeCampaigns")
                | _caught("ResumeAfterFailure"),
                ResumeCampaigns=_map("{% $paused %}", _RESUME, "Done", at_once=1),
                Done={"Type": "Succeed"},
                ResumeAfterFailure=_map("{% $paused %}", _RESUME, "Failed", at_once=1),
                Failed={"Type": "Fail"},
            )
        case Kind.EXPORTS:
            tasks = [_task(name, number, arn) for number, arn in enumerate(job.sources)]
            return _machine(ExportSnapshots=_map(tasks, export(), "Done"), Done={"Type": "Succeed"})
        case Kind.STOP:
            return _machine(
                StopCampaigns=_map(list(job.campaigns), _STOP, "Done", at_once=1),
                Done={"Type": "Succeed"},
            )
        case Kind.FRESH:
            snapshot = {"DBSnapshotIdentifier": name}
            return _machine(
                CreateSnapshot=_call(
                    "rds:createDBSnapshot",
                    snapshot | {"DBInstanceIdentifier": job.database},
                    "AwaitSnapshot",
                )
                | {"Assign": {"arn": "{% $states.result.DbSnapshot.DbSnapshotArn %}"}},
                **_poll(
                    "Snapshot",
                    _call("rds:describeDBSnapshots", snapshot, "IsSnapshotAvailable"),
                    "$states.input.DbSnapshots[0].Status",
                    {"available": "ExportSnapshot", "failed": "Failed"},
                    choice="IsSnapshotAvailable",
                ),
                ExportSnapshot=_map([_task(name, 0, "{% $arn %}")], export(), "DeleteSnapshot")
                | _caught("DeleteAfterFailure"),
                DeleteSnapshot=_call("rds:deleteDBSnapshot", snapshot, "Done"),
                Done={"Type": "Succeed"},
                DeleteAfterFailure=_call("rds:deleteDBSnapshot", snapshot, "Failed"),
                Failed={"Type": "Fail"},
            )


def _machine(**states: Json) -> Json:
    return {
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(states)),
        "States": states,
    }


def _task(name: str, number: int, source: str) -> Json:
    return {"id": f"{name}-{number}", "source": source}


def _export_states(store: Mapping[str, str]) -> Json:
    """Return the states that export one snapshot, as the samples poll a job."""
    start = {
        "ExportTaskIdentifier": "{% $states.input.id %}",
        "SourceArn": "{% $states.input.source %}",
        "S3BucketName": store["bucket"],
        "IamRoleArn": store["role_arn"],
        "KmsKeyId": store["key_arn"],
    }
    described = {"ExportTaskIdentifier": "{% $id %}"}
    return {
        "StartExport": _call("rds:startExportTask", start, "AwaitExport")
        | {"Assign": {"id": "{% $states.input.id %}"}},
        **_poll(
            "Export",
            _call("rds:describeExportTasks", described, "IsExportComplete"),
            "$states.input.ExportTasks[0].Status",
            {"COMPLETE": "Exported", "FAILED": "ExportFailed", "CANCELED": "ExportFailed"},
            choice="IsExportComplete",
        ),
        "Exported": {"Type": "Succeed"},
        "ExportFailed": {"Type": "Fail", "Error": "ExportFailed"},
    }


def _poll(what: str, describe: Json, status: str, ends: Mapping[str, str], choice: str) -> Json:
    return {
        f"Await{what}": {"Type": "Wait", "Seconds": POLL_SECONDS, "Next": f"Get{what}Status"},
        f"Get{what}Status": describe,
        choice: {
            "Type": "Choice",
            "Choices": [
                {"Condition": f"{{% {status} = '{end}' %}}", "Next": state}
                for end, state in ends.items()
            ],
            "Default": f"Await{what}",
        },
    }


def _call(operation: str, arguments: Json, then: str | None) -> Json:
    return {
        "Type": "Task",
        "Resource": f"{_SDK}:{operation}",
        "Arguments": arguments,
        "Retry": _RETRY,
        **_then(then),
    }


def _then(state: str | None) -> Json:
    return {"End": True} if state is None else {"Next": state}


def _map(items: object, states: Json, then: str, at_once: int = SLOTS) -> Json:
    return {
        "Type": "Map",
        "Items": items,
        "MaxConcurrency": at_once,
        "ItemProcessor": {"StartAt": next(iter(states)), "States": states},
        "Next": then,
    }


def _caught(state: str) -> Json:
    return {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": state}]}


def _campaign(operation: str, campaign_id: str, then: str | None) -> Json:
    return _call(f"connectcampaignsv2:{operation}", {"Id": campaign_id}, then)


def _if_state(states: tuple[str, ...], then: str) -> Json:
    conditions = " or ".join(f"$states.input.State = '{state}'" for state in states)
    return {
        "Type": "Choice",
        "Choices": [{"Condition": f"{{% {conditions} %}}", "Next": then}],
        "Default": "LeaveIt",
    }


_GET: Final = _campaign("getCampaignState", "{% $states.input %}", "IsItRunning") | {
    "Assign": {"id": "{% $states.input %}"}
}
_PAUSE: Final = {
    "GetState": _GET,
    "IsItRunning": _if_state(("Running",), "Pause"),
    "Pause": _campaign("pauseCampaign", "{% $id %}", None)
    | {"Output": {"id": "{% $id %}", "paused": True}},
    "LeaveIt": {"Type": "Pass", "End": True, "Output": {"id": "{% $id %}", "paused": False}},
}
_STOP: Final = {
    "GetState": _GET,
    "IsItRunning": _if_state(("Running", "Paused"), "Stop"),
    "Stop": _campaign("stopCampaign", "{% $id %}", None),
    "LeaveIt": {"Type": "Pass", "End": True},
}
_RESUME: Final = {
    "WasItPaused": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input.paused %}", "Next": "Resume"}],
        "Default": "LeaveIt",
    },
    "Resume": _campaign("resumeCampaign", "{% $states.input.id %}", None),
    "LeaveIt": {"Type": "Pass", "End": True},
}
