"""The events that may be an execution's input, and the request that each of them stands for.

Most rules pass events unchanged, so that their dead letters can be sent again. For a rule that
transforms its event, AWS does not document whether its dead letters hold the event or the
transformed input; so both are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, TypeAdapter

from lambdas.exports.contract import ExportOnly
from lambdas.jobs.contract import is_correlation_id
from lambdas.requests import acceptance
from lambdas.requests.acceptance import CLEAN_UP, Fault, RequestRejected
from lambdas.shared.faults import broken_rule, echo
from lambdas.shared.model import Frozen

SNAPSHOT_CREATED: Final = ("RDS-EVENT-0042", "RDS-EVENT-0091", "RDS-EVENT-0075", "RDS-EVENT-0169")
"""Of manual and automated snapshots, and of cluster snapshots. Source: RDS user guide,
USER_Events.Messages."""

STATUS_CHANGED: Final = "Step Functions Execution Status Change"


SOURCE_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")


def _check_source_prefix(prefix: str) -> str:
    if not SOURCE_PREFIX.fullmatch(prefix):
        raise broken_rule(
            "must be 1 to 63 letters, digits or '-', the first a letter, without 'rds:';"
            f" got {echo(prefix)}"
        )
    return prefix


class SnapshotExport(Frozen):
    """Snapshots that are exported as soon as they are created.

    Attributes:
        source_prefix: what the snapshot's identifier begins with; of an automated one, without the
            'rds:' before it.
        export_only: the tables; none means all.
    """

    source_prefix: Annotated[str, AfterValidator(_check_source_prefix)]
    export_only: tuple[ExportOnly, ...] = ()

    @property
    def prefixes(self) -> tuple[str, str]:
        """What the identifiers of manual and of automated snapshots begin with."""
        return self.source_prefix, f"rds:{self.source_prefix}"


SNAPSHOT_EXPORTS_JSON: Final = TypeAdapter(tuple[SnapshotExport, ...])


def input_of_event(given: object, snapshot_exports: Sequence[SnapshotExport]) -> object:
    """Return the request that an event stands for; any other input is returned unchanged.

    Args:
        given: the execution's input.
        snapshot_exports: the stack's setting.

    Raises:
        RequestRejected: when the event is of a snapshot that no setting exports.
    """
    if not isinstance(given, dict):
        return given
    match given:
        case {"detail-type": acceptance.REQUESTED}:
            return _correlated(given.get("detail"), given)
        case {
            "source": "aws.rds",
            "detail": {"EventID": event_id, "SourceArn": arn, "SourceIdentifier": str(name)},
        } if event_id in SNAPSHOT_CREATED:
            return _correlated(_exports_of(arn, name, snapshot_exports), given)
        case {
            "source": "aws.states",
            "detail-type": kind,
            "detail": {"executionArn": execution_arn} as detail,
        } if kind == STATUS_CHANGED:
            return _clean_up_input(detail) or {CLEAN_UP: {"execution_arn": execution_arn}}
    return given


def _correlated(body: object, event: Mapping[str, Any]) -> object:
    """Return a request with its event's id as correlation_id, unless it has one."""
    if isinstance(body, dict) and is_correlation_id(event.get("id")):
        return {"correlation_id": event["id"], **body}
    return body


def _exports_of(
    source_arn: object, identifier: str, snapshot_exports: Sequence[SnapshotExport]
) -> object:
    jobs = [
        {
            "kind": "export",
            "source_arn": source_arn,
            "target": "COMPLETE",
            "export_only": list(export.export_only),
        }
        for export in snapshot_exports
        if identifier.startswith(export.prefixes)
    ]
    if not jobs:
        rule = "is of a snapshot that no setting of snapshot_exports exports"
        raise RequestRejected((Fault(field="detail.SourceIdentifier", rule=rule),))
    return {"jobs": jobs}


def _clean_up_input(detail: Mapping[str, Any]) -> object:
    """Return the input of an execution that was a clean-up itself, None for any other."""
    try:
        given = json.loads(detail.get("input") or "null")
    except (TypeError, ValueError):
        return None
    return given if isinstance(given, dict) and set(given) == {CLEAN_UP} else None
