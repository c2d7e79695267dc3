"""The events that may be an execution's input, and the request that each of them stands for.

Most rules pass events unchanged, so that their dead letters can be sent again. For a rule that
transforms its event, AWS does not document whether its dead letters hold the event or the
transformed input; so both are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, TypeAdapter, model_validator

from lambdas.exports.contract import SOURCE_ARN, ExportOnly
from lambdas.exports.wakes import CLUSTER_SNAPSHOT_CREATED, INSTANCE_SNAPSHOT_CREATED
from lambdas.jobs.contract import is_correlation_id
from lambdas.jobs.databases import DatabaseId
from lambdas.requests import acceptance
from lambdas.requests.acceptance import CLEAN_UP, Fault, RequestRejected
from lambdas.shared.faults import IS_MISSING, broken_rule, echo, fault_at
from lambdas.shared.model import Frozen

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
        db_instance: the instance whose snapshots are meant, whatever their identifiers are.
        db_cluster: the cluster, likewise.
        export_only: the tables; none means all.
    """

    source_prefix: Annotated[str, AfterValidator(_check_source_prefix)] | None = None
    db_instance: DatabaseId | None = None
    db_cluster: DatabaseId | None = None
    export_only: tuple[ExportOnly, ...] = ()

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        ways = ("source_prefix", "db_instance", "db_cluster")
        given = [name for name in ways if getattr(self, name) is not None]
        if not given:
            rule = f"{IS_MISSING}: an entry has one of {', '.join(ways)}"
            raise fault_at(("source_prefix",), rule)
        if len(given) > 1:
            raise broken_rule(f"must have only one of {', '.join(ways)}; got {len(given)}")
        return self

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What the identifiers of manual and of automated snapshots begin with."""
        if self.source_prefix is None:
            return ()
        return self.source_prefix, f"rds:{self.source_prefix}"

    def source_of(self, source_arn: str, identifier: str) -> dict[str, object] | None:
        """Return the source fields of the export of a new snapshot, None if it is not exported.

        An event does not name the database, and of a snapshot that is manual or AWS Backup's
        neither does the identifier: which database such a one is of is found out by the job.
        """
        if self.source_prefix is not None:
            return {"source_arn": source_arn} if identifier.startswith(self.prefixes) else None
        field, kind = (
            ("db_cluster", "cluster-snapshot")
            if self.db_cluster is not None
            else ("db_instance", "snapshot")
        )
        found = SOURCE_ARN.fullmatch(source_arn)
        database = getattr(self, field)
        automated_of_another = identifier.startswith("rds:") and not identifier.startswith(
            automated_prefix(database)
        )
        if found is None or found["kind"] != kind or automated_of_another:
            return None
        return {"source": {field: database, "snapshot_arn": source_arn}}


def automated_prefix(database: str) -> str:
    """Return what the identifiers of a database's automated snapshots begin with.

    A date follows, but the name of another database may begin in the same way.
    """
    return f"rds:{database}-"


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
            "detail": {"EventID": event_id, "SourceArn": str(arn), "SourceIdentifier": str(name)},
        } if event_id in (*INSTANCE_SNAPSHOT_CREATED, *CLUSTER_SNAPSHOT_CREATED):
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
    source_arn: str, identifier: str, snapshot_exports: Sequence[SnapshotExport]
) -> object:
    sources = [(export, export.source_of(source_arn, identifier)) for export in snapshot_exports]
    jobs = [
        {
            "kind": "export",
            "target": "COMPLETE",
            "export_only": list(export.export_only),
            **source,
        }
        for export, source in sources
        if source is not None
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
