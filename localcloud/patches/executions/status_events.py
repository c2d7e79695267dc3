"""Step Functions' own events reach EventBridge.

moto emits none. AWS puts "Step Functions Execution Status Change" on the default bus for every
change of a Standard execution's status. Source: Step Functions developer guide, "Automating with
EventBridge".
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from localcloud.patches.eventbridge.rule_inputs import Event, iso_time
from localcloud.patches.executions.redrives import redrive_fields
from localcloud.patches.patching import Moto, moto

DETAIL_TYPE: Final = "Step Functions Execution Status Change"
_MOST_DATA_BYTES = 248 * 1024  # input and output beyond this are left out


def status_event(execution: Moto, event_id: str) -> Event:
    """Return the event of an execution's present status, in EventBridge's envelope."""
    moment = execution.stop_date or execution.start_date
    return {
        "version": "0",
        "id": event_id,
        "detail-type": DETAIL_TYPE,
        "source": "aws.states",
        "account": execution.account_id,
        "time": iso_time(moment.timestamp()),
        "region": execution.region_name,
        "resources": [execution.exec_arn],
        "detail": _detail(execution),
    }


def _detail(execution: Moto) -> dict[str, Any]:
    given = execution.execution_input
    output = output_text(execution)
    fits = len(given.encode()) + len((output or "").encode()) <= _MOST_DATA_BYTES
    included = {"included": fits}
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "name": execution.name,
        "status": execution.status,
        "startDate": _epoch_milliseconds(execution.start_date),
        "stopDate": _epoch_milliseconds(execution.stop_date),
        "input": given if fits else None,
        "output": output if fits else None,
        "inputDetails": included,
        "outputDetails": None if output is None else included,
        "redriveDate": None,
        **redrive_fields(execution),
        "error": execution.error,
        "cause": execution.cause,
    }


def output_text(execution: Moto) -> str | None:
    """Return a succeeded execution's output as JSON text, None for any other."""
    if execution.status != "SUCCEEDED":
        return None
    text: str = moto("stepfunctions.parser.asl.utils.encoding").to_json_str(
        json.loads(json.dumps(execution.output)), separators=(",", ":")
    )
    return text


def _epoch_milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
