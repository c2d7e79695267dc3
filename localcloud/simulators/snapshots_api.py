"""The operations of RDS on snapshots and their tags, and the descriptions of databases."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from localcloud.simulators.databases import NOT_FOUND as DATABASE_NOT_FOUND
from localcloud.simulators.databases import Databases, database_arn, resource_id, state
from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.query_protocol import (
    Document,
    Form,
    form_filters,
    form_list,
    form_tags,
    require,
)
from localcloud.simulators.rds_api import Operation
from localcloud.simulators.rds_pages import page
from localcloud.simulators.running_rds import RunningRds
from localcloud.simulators.snapshot_documents import (
    SnapshotDocuments,
    database_document,
    tag_list,
)
from localcloud.simulators.snapshot_queries import FIELDS, parse_snapshot_query
from localcloud.simulators.snapshots import NOT_FOUND, LiveSnapshot, SnapshotKind, Snapshots
from localcloud.world import Database, DatabaseKind, World, source_kind, source_name

_IDENTIFIER: Final = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_IDENTIFIER_LENGTH: Final[dict[SnapshotKind, int]] = {"snapshot": 255, "cluster-snapshot": 63}
_RESOURCE: Final = re.compile(
    r"arn:aws[a-z-]*:rds:[^:]+:\d{12}:(db|cluster|snapshot|cluster-snapshot):\S+"
)


class SnapshotsApi:
    """Serves the operations of snapshots and databases."""

    def __init__(
        self,
        rds: RunningRds,
        databases: Databases,
        documents: SnapshotDocuments,
        world: World,
        *,
        arn_prefix: str,
    ) -> None:
        self._rds = rds
        self._databases = databases
        self._documents = documents
        self._world = world
        self._arn_prefix = arn_prefix

    def operations(self) -> dict[str, Operation]:
        """Return the operations by their names."""
        kinds: tuple[tuple[SnapshotKind, DatabaseKind, str], ...] = (
            ("snapshot", "instance", "DBSnapshot"),
            ("cluster-snapshot", "cluster", "DBClusterSnapshot"),
        )
        operations: dict[str, Operation] = {
            "AddTagsToResource": Operation(self._add_tags, _resource_name),
            "RemoveTagsFromResource": Operation(self._remove_tags, _resource_name),
            "ListTagsForResource": Operation(self._list_tags, _resource_name),
        }
        for kind, database_kind, noun in kinds:
            named = partial(self._named, kind)
            operations |= {
                f"Create{noun}": Operation(partial(self._create, kind), named),
                f"Delete{noun}": Operation(partial(self._delete, kind), named),
                f"Describe{noun}s": Operation(partial(self._describe, kind), named),
                f"DescribeDB{database_kind.title()}s": Operation(
                    partial(self._describe_databases, database_kind), named
                ),
            }
        return operations

    def _named(self, kind: SnapshotKind, form: Form) -> tuple[str, ...]:
        """Return the ARNs of the database and the snapshot that a call names."""
        fields = FIELDS[kind]
        named: list[str] = []
        if form.get(fields.database):
            of: DatabaseKind = "instance" if kind == "snapshot" else "cluster"
            named.append(database_arn(self._arn_prefix, of, form[fields.database]))
        if form.get(fields.id):
            named.append(self._arn(kind, form[fields.id]))
        return tuple(named)

    def _arn(self, kind: SnapshotKind, name: str) -> str:
        return name if name.startswith("arn:") else f"{self._arn_prefix}:{kind}:{name.lower()}"

    def _describe(self, kind: SnapshotKind, form: Form) -> Document:
        wanted = parse_snapshot_query(
            kind, form, awsbackup_by_default=self._world.awsbackup_listed_by_default
        )
        with self._rds.shared.now() as (exports, now):
            snapshots = exports.sources.snapshots.all(kind)
            found = [one for one in snapshots if one.listed_from <= now and wanted(one)]
            name = form.get(FIELDS[kind].id)
            if name and not found:
                raise SimulatedError(NOT_FOUND[kind], f"The {kind} {name} was not found.")
            return page(
                form,
                f"{FIELDS[kind].result}s",
                found,
                seed=self._world.seed,
                arn=lambda one: one.arn,
                document=lambda one: self._documents.snapshot(one, now),
            )

    def _create(self, kind: SnapshotKind, form: Form) -> Document:
        fields = FIELDS[kind]
        name, database = require(form, fields.id), require(form, fields.database)
        if not _IDENTIFIER.fullmatch(name) or len(name) > _IDENTIFIER_LENGTH[kind]:
            raise SimulatedError(
                "InvalidParameterValue",
                f"The parameter {fields.id} is not a valid identifier. Identifiers must begin with "
                "a letter; must contain only ASCII letters, digits, and hyphens; and must not end "
                "with a hyphen or contain two consecutive hyphens.",
            )
        with self._rds.shared.now() as (exports, now):
            snapshots = exports.sources.snapshots
            created = snapshots.create(kind, name, database, form_tags(form), now)
            return {fields.result: self._documents.snapshot(created, now)}

    def _delete(self, kind: SnapshotKind, form: Form) -> Document:
        fields = FIELDS[kind]
        arn = self._arn(kind, require(form, fields.id))
        if source_kind(arn) != kind:
            raise SimulatedError(NOT_FOUND[kind], f"The {kind} {form[fields.id]} was not found.")
        with self._rds.shared.now() as (exports, now):
            deleted = exports.sources.snapshots.delete(arn, now)
            return {fields.result: self._documents.snapshot(deleted, now)}

    def _describe_databases(self, kind: DatabaseKind, form: Form) -> Document:
        noun = f"DB{kind.title()}"
        found = self._databases.all(kind)
        name = form.get(f"{noun}Identifier")
        if name:
            found = [self._databases.get(kind, _plain(name))]
        found = [one for one in found if self._is_wanted(one, form)]
        with self._rds.shared.now() as (exports, now):
            return page(
                form,
                f"{noun}s",
                found,
                seed=self._world.seed,
                arn=lambda one: one.id.lower(),
                document=lambda one: self._database(one, exports.sources.snapshots, now),
            )

    def _is_wanted(self, database: Database, form: Form) -> bool:
        name = database.id.lower()
        cluster = name if database.kind == "cluster" else (database.cluster or "").lower()
        values = {
            "db-cluster-id": cluster,
            "engine": self._databases.engine(database.kind, name),
        }
        if database.kind == "instance":
            values |= {"db-instance-id": name, "dbi-resource-id": resource_id("instance", name)}
        else:
            values["db-cluster-resource-id"] = resource_id("cluster", name)
        filters = form_filters(form)
        for key, _ in filters:
            if key not in values:
                raise SimulatedError("InvalidParameterValue", f"Unrecognized filter name: {key}")
        return all(
            values[key].lower() in {_plain(value).lower() for value in wanted}
            for key, wanted in filters
        )

    def _database(self, database: Database, snapshots: Snapshots, now: float) -> Document:
        is_backing_up = snapshots.is_backing_up(database)
        members = (
            one
            for one in self._databases.all("instance")
            if (one.cluster or "").lower() == database.id.lower()
        )
        return database_document(
            database,
            "backing-up" if is_backing_up else state(database, now),
            self._databases.engine(database.kind, database.id),
            tuple(members),
            self._arn_prefix,
        )

    def _add_tags(self, form: Form) -> None:
        with self._rds.shared.now() as (exports, _):
            self._snapshot(form, exports.sources.snapshots).tags.update(form_tags(form))

    def _remove_tags(self, form: Form) -> None:
        with self._rds.shared.now() as (exports, _):
            tags = self._snapshot(form, exports.sources.snapshots).tags
            for key in form_list(form, "TagKeys.member"):
                tags.pop(key, None)

    def _list_tags(self, form: Form) -> Document:
        arn = require(form, "ResourceName")
        with self._rds.shared.now() as (exports, _):
            for kind in ("instance", "cluster"):
                for one in self._databases.all(kind):
                    if database_arn(self._arn_prefix, kind, one.id) == arn:
                        return {"TagList": tag_list(one.tags)}
            return {"TagList": tag_list(self._snapshot(form, exports.sources.snapshots).tags)}

    def _snapshot(self, form: Form, snapshots: Snapshots) -> LiveSnapshot:
        """Return the snapshot whose tags a call is about."""
        arn = require(form, "ResourceName")
        match = _RESOURCE.fullmatch(arn)
        if match is None:
            raise SimulatedError("InvalidParameterValue", f"Invalid resource name: {arn}")
        snapshot = snapshots.find(arn)
        if snapshot is None:
            codes = {
                "db": DATABASE_NOT_FOUND["instance"],
                "cluster": DATABASE_NOT_FOUND["cluster"],
                "snapshot": NOT_FOUND["snapshot"],
                "cluster-snapshot": NOT_FOUND["cluster-snapshot"],
            }
            raise SimulatedError(codes[match[1]], f"{arn} was not found.")
        return snapshot


def _plain(name: str) -> str:
    """Return the identifier in a database's ARN, or the identifier that it is."""
    return source_name(name) if name.startswith("arn:") else name


def _resource_name(form: Form) -> tuple[str, ...]:
    return tuple(filter(None, (form.get("ResourceName"),)))
