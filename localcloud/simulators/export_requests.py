"""What RDS requires of the parameters of the export operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.exports import Export, ExportParameters
from localcloud.simulators.query_protocol import (
    Form,
    form_filters,
    form_list,
    page_size,
    require,
)
from localcloud.world import source_kind

# The rule is from the service's error message; the length is that of the longest ids seen in use.
_IDENTIFIER = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_IDENTIFIER_LENGTH = 60
_EXPORT_ONLY_BYTES = 200 * 1024

# Statuses are upper case in responses and lower case in this filter (RDS model, Filter).
_FILTER_STATUSES = frozenset(
    {"canceled", "canceling", "complete", "failed", "in_progress", "starting"}
)
_FILTERS: dict[str, Callable[[Export, str | None], str | None]] = {
    "export-task-identifier": lambda export, _: export.parameters.export_id,
    "s3-bucket": lambda export, bucket: export.parameters.bucket or bucket,
    "source-arn": lambda export, _: export.parameters.source_arn,
    "status": lambda export, _: export.status.lower(),
}


def source_type(source_arn: str) -> str:
    """Return CLUSTER or SNAPSHOT, which includes cluster snapshots."""
    return "CLUSTER" if source_kind(source_arn) == "cluster" else "SNAPSHOT"


def parse_parameters(form: Form) -> ExportParameters:
    """Return the parameters of a StartExportTask.

    Raises:
        SimulatedError: MissingParameter, InvalidParameterValue or InvalidExportOnly.
    """
    parameters = ExportParameters(
        export_id=require(form, "ExportTaskIdentifier"),
        source_arn=require(form, "SourceArn"),
        bucket=require(form, "S3BucketName"),
        role_arn=require(form, "IamRoleArn"),
        kms_key_id=require(form, "KmsKeyId"),
        prefix=form.get("S3Prefix", ""),
        export_only=form_list(form, "ExportOnly.member"),
    )
    if (
        not _IDENTIFIER.fullmatch(parameters.export_id)
        or len(parameters.export_id) > _IDENTIFIER_LENGTH
    ):
        raise SimulatedError(
            "InvalidParameterValue",
            "The parameter ExportTaskIdentifier is not a valid identifier. Identifiers must begin "
            "with a letter; must contain only ASCII letters, digits, and hyphens; and must not end "
            "with a hyphen or contain two consecutive hyphens.",
        )
    if ":" in parameters.prefix:
        raise SimulatedError("InvalidParameterValue", "S3Prefix must not contain a colon.")
    if sum(len(item.encode()) for item in parameters.export_only) > _EXPORT_ONLY_BYTES:
        raise SimulatedError("InvalidExportOnly", "ExportOnly must not exceed 200 KB.")
    return parameters


@dataclass(frozen=True)
class ExportQuery:
    """A DescribeExportTasks: which exports, and which page of them."""

    wanted: Callable[[Export], bool]
    start: int
    size: int


def parse_query(form: Form, bucket: str | None) -> ExportQuery:
    """Return the query of a DescribeExportTasks; `bucket` is the stack's.

    Raises:
        SimulatedError: InvalidParameterValue.
    """
    size = page_size(form)
    marker = form.get("Marker") or "0"
    if not marker.isdecimal():
        raise SimulatedError("InvalidParameterValue", "Marker is not one of this operation's.")
    of_type = form.get("SourceType")
    if of_type not in (None, "SNAPSHOT", "CLUSTER"):
        raise SimulatedError("InvalidParameterValue", "SourceType must be SNAPSHOT or CLUSTER.")
    filters = _filters(form)

    def wanted(export: Export) -> bool:
        return of_type in (None, source_type(export.parameters.source_arn)) and all(
            _FILTERS[name](export, bucket) in values for name, values in filters
        )

    return ExportQuery(wanted, int(marker), size)


def _filters(form: Form) -> list[tuple[str, tuple[str, ...]]]:
    filters = form_filters(form)
    for name, values in filters:
        if name not in _FILTERS:
            raise SimulatedError("InvalidParameterValue", f"Unrecognized filter name: {name}")
        if name == "status" and not set(values) <= _FILTER_STATUSES:
            raise SimulatedError(
                "InvalidParameterValue", f"Unrecognized status filter value: {', '.join(values)}"
            )
    for field, name in (
        ("ExportTaskIdentifier", "export-task-identifier"),
        ("SourceArn", "source-arn"),
    ):
        if form.get(field):
            filters.append((name, (form[field],)))
    return filters
