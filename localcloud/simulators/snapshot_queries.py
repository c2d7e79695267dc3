"""Which snapshots a DescribeDBSnapshots or DescribeDBClusterSnapshots asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, get_args

from localcloud.simulators.databases import resource_id
from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.query_protocol import Form, form_filters
from localcloud.simulators.snapshots import LiveSnapshot, SnapshotKind
from localcloud.world import SnapshotType, source_name


class SnapshotFields(NamedTuple):
    """How the parameters and response fields of one kind of snapshot are called."""

    id: str
    arn: str
    database: str
    resource_id: str
    encrypted: str
    result: str


FIELDS: Final[dict[SnapshotKind, SnapshotFields]] = {
    "snapshot": SnapshotFields(
        id="DBSnapshotIdentifier",
        arn="DBSnapshotArn",
        database="DBInstanceIdentifier",
        resource_id="DbiResourceId",
        encrypted="Encrypted",
        result="DBSnapshot",
    ),
    "cluster-snapshot": SnapshotFields(
        id="DBClusterSnapshotIdentifier",
        arn="DBClusterSnapshotArn",
        database="DBClusterIdentifier",
        resource_id="DbClusterResourceId",
        encrypted="StorageEncrypted",
        result="DBClusterSnapshot",
    ),
}

Wanted = Callable[[LiveSnapshot], bool]

_FILTERS: Final[dict[SnapshotKind, dict[str, Callable[[LiveSnapshot], str]]]] = {
    "snapshot": {
        "db-instance-id": lambda one: one.database,
        "db-snapshot-id": lambda one: one.name,
        "dbi-resource-id": lambda one: resource_id("instance", one.database),
        "snapshot-type": lambda one: one.type,
        "engine": lambda one: one.engine,
    },
    "cluster-snapshot": {
        "db-cluster-id": lambda one: one.database,
        "db-cluster-snapshot-id": lambda one: one.name,
        "snapshot-type": lambda one: one.type,
        "engine": lambda one: one.engine,
    },
}


def parse_snapshot_query(kind: SnapshotKind, form: Form, *, awsbackup_by_default: bool) -> Wanted:
    """Return whether a snapshot is asked for.

    Raises:
        SimulatedError: InvalidParameterValue or InvalidParameterCombination.
    """
    fields = FIELDS[kind]
    name, database = form.get(fields.id, ""), form.get(fields.database, "")
    if kind == "cluster-snapshot" and name and database:
        raise SimulatedError(
            "InvalidParameterCombination", f"{fields.id} excludes {fields.database}."
        )
    types = _types(form, awsbackup_by_default=awsbackup_by_default)
    if name and not form.get("SnapshotType"):
        # "If this identifier is for an automated snapshot, the SnapshotType parameter must also be
        # specified" (RDS model); what happens otherwise is not documented.
        types -= {"automated"}
    resource = form.get(fields.resource_id)
    filters = _filters(kind, form)

    def wanted(one: LiveSnapshot) -> bool:
        return (
            one.type in types
            and (not name or one.name.lower() == name.lower())
            and (not database or one.database == database.lower())
            and (not resource or resource_id(one.database_kind, one.database) == resource)
            and all(_FILTERS[kind][key](one).lower() in values for key, values in filters)
        )

    return wanted


def _types(form: Form, *, awsbackup_by_default: bool) -> frozenset[str]:
    """Return the types of snapshots; the model of DescribeDBSnapshots has the rules."""
    asked = form.get("SnapshotType")
    if not asked:
        types = {"automated", "manual"}
        if awsbackup_by_default:
            types.add("awsbackup")
        for field, shared in (("IncludeShared", "shared"), ("IncludePublic", "public")):
            if form.get(field) == "true":
                types.add(shared)
        return frozenset(types)
    if asked not in get_args(SnapshotType):
        raise SimulatedError("InvalidParameterValue", f"Unrecognized snapshot type: {asked}")
    return frozenset({asked})


def _filters(kind: SnapshotKind, form: Form) -> list[tuple[str, frozenset[str]]]:
    filters = form_filters(form)
    for name, _ in filters:
        if name not in _FILTERS[kind]:
            raise SimulatedError("InvalidParameterValue", f"Unrecognized filter name: {name}")
    return [(name, frozenset(_values(name, values))) for name, values in filters]


def _values(name: str, values: Iterable[str]) -> Iterator[str]:
    """Yield a filter's values in lower case; a database may be named by its ARN."""
    for value in values:
        is_arn = name in {"db-instance-id", "db-cluster-id"} and value.startswith("arn:")
        yield (source_name(value) if is_arn else value).lower()
