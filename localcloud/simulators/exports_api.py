"""The operations of RDS export tasks."""

from __future__ import annotations

from localcloud.simulators.export_requests import parse_parameters, parse_query, source_type
from localcloud.simulators.export_targets import ExportTargets, require_targets
from localcloud.simulators.exports import Export
from localcloud.simulators.query_protocol import Document, Form, Value, require
from localcloud.simulators.rds_api import Operation
from localcloud.simulators.running_rds import RunningRds
from localcloud.simulators.world_time import WorldTime


class ExportsApi:
    """Serves the operations of export tasks."""

    def __init__(self, exports: RunningRds, time: WorldTime, *, targets: ExportTargets) -> None:
        self._exports = exports
        self._time = time
        self._targets = targets

    def operations(self) -> dict[str, Operation]:
        """Return the operations by their names."""
        return {
            "StartExportTask": Operation(self._start, self._resources),
            "CancelExportTask": Operation(self._cancel, self._resources),
            "DescribeExportTasks": Operation(self._describe, self._resources),
        }

    def _resources(self, form: Form) -> tuple[str, ...]:
        """Return the export id and the source ARN of a call, which may name only one of them."""
        export_id = form.get("ExportTaskIdentifier")
        source_arn = form.get("SourceArn")
        if export_id and not source_arn:
            with self._exports.shared.now() as (exports, _):
                export = exports.find(export_id)
            source_arn = export.parameters.source_arn if export else None
        return tuple(name for name in (export_id, source_arn) if name)

    def _start(self, form: Form) -> Document:
        parameters = parse_parameters(form)
        require_targets(parameters, self._targets)
        with self._exports.shared.now() as (exports, now):
            return self._document(exports.start(parameters, now), now)

    def _cancel(self, form: Form) -> Document:
        export_id = require(form, "ExportTaskIdentifier")
        with self._exports.shared.now() as (exports, now):
            return self._document(exports.cancel(export_id, now), now)

    def _describe(self, form: Form) -> Document:
        query = parse_query(form, self._exports.bucket)
        with self._exports.shared.now() as (exports, now):
            found = [export for export in exports.all() if query.wanted(export)]
            end = query.start + query.size
            page = [self._document(export, now) for export in found[query.start : end]]
        document: dict[str, Value] = {"ExportTasks": page}
        if end < len(found):
            document["Marker"] = str(end)
        return document

    def _document(self, export: Export, now: float) -> Document:
        parameters = export.parameters
        extracted = export.extracted(now)
        kind = source_type(parameters.source_arn)
        fields: dict[str, Value | None] = {
            "ExportTaskIdentifier": parameters.export_id,
            "SourceArn": parameters.source_arn,
            "SourceType": kind,
            "SnapshotTime": self._timestamp(export.snapshot_at if kind == "SNAPSHOT" else None),
            "ExportOnly": parameters.export_only or None,
            "S3Bucket": parameters.bucket or self._exports.bucket,
            "S3Prefix": parameters.prefix or None,
            "IamRoleArn": parameters.role_arn or None,
            "KmsKeyId": parameters.kms_key_id or None,
            "Status": export.status,
            "PercentProgress": export.percent(now),
            "TotalExtractedDataInGB": int(extracted * export.course.size_gb),
            "TaskStartTime": self._timestamp(export.extracting_from),
            "TaskEndTime": self._timestamp(export.ended_at),
            "FailureCause": export.failure_cause,
            "WarningMessage": export.course.warning if export.status == "COMPLETE" else None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _timestamp(self, seconds: float | None) -> str | None:
        return None if seconds is None else self._time.timestamp(seconds)
