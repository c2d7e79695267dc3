"""What the simulators' ledger proves: who changed what, and what was when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from localcloud.simulators.exports import ExportParameters
from localcloud.simulators.ledger import Call, Change
from localcloud.storm.observe import Observed
from localcloud.storm.scenario import CAMPAIGN_MUTATIONS, CREATES, DELETES, MUTATIONS, Json

__all__ = ["CAMPAIGN_MUTATIONS", "CREATES", "DELETES", "MUTATIONS"]

GONE: Final = "Deleted"
"""The ledger's word for what does not exist any more."""

EPSILON: Final = 0.002
"""Outcomes round their times to milliseconds."""

PASS_SECONDS: Final = 35.0
"""How old the read may be on which a reconcile pass acts: it sleeps for its turn of the shared rate
limit, up to 15 s before its reads and again before its mutations."""

CAMPAIGN_READS: Final = frozenset({"GetCampaignState", "GetCampaignStateBatch", "ListCampaigns"})
ACTIVE_EXPORT: Final = frozenset({"STARTING", "IN_PROGRESS", "CANCELING"})


class Move(NamedTuple):
    """A campaign mutation of ours that took effect, or whose response was lost.

    Attributes:
        before: the campaign's state until then.
    """

    at_s: float
    operation: str
    campaign_id: str
    before: str | None


@dataclass
class Task:
    """An export task.

    Attributes:
        started_s: when it was started by our call, None if it was not.
        statuses: each since its second.
    """

    parameters: ExportParameters
    started_s: float | None = None
    statuses: list[tuple[float, str]] = field(default_factory=list)

    def is_active(self, from_s: float, to_s: float) -> bool:
        """Return whether it was active at some moment between two."""
        return _held(self.statuses, ACTIVE_EXPORT, from_s, to_s)

    def was_active_throughout(self, at_s: float) -> bool:
        """Return whether it was active before and after all that happened at a second."""
        before = [status for since, status in self.statuses if since < at_s - EPSILON]
        after = [status for since, status in self.statuses if since <= at_s + EPSILON]
        return bool(before) and {before[-1], after[-1]} <= ACTIVE_EXPORT

    def was_complete_before(self, at_s: float) -> bool:
        """Return whether it was COMPLETE before a second."""
        return any(status == "COMPLETE" and since < at_s - 1.0 for since, status in self.statuses)

    @property
    def end(self) -> str | None:
        """Its last status."""
        return self.statuses[-1][1] if self.statuses else None


class Taken(NamedTuple):
    """A snapshot that is available at some time.

    Attributes:
        data_at_s: when its data was taken.
    """

    arn: str
    db_instance: str | None
    db_cluster: str | None
    type: str
    data_at_s: float


def snapshots(observed: Observed) -> Iterator[Taken]:
    """Yield the snapshots of databases: the world's, and those that calls have created."""
    for one in observed.scenario.world.get("snapshots", ()):
        if ":cluster:" not in one["arn"] and one.get("status", "available") == "available":
            yield Taken(
                one["arn"],
                one.get("db_instance"),
                one.get("db_cluster"),
                one.get("type", "manual"),
                one.get("created_at_s", -86_400.0),
            )
    for call in calls(observed, CREATES):
        if call.took_effect:
            database, arn = sorted(call.resources, key=lambda name: "snapshot:" in name)
            name = database.rpartition(":")[2]
            is_cluster = call.operation == "CreateDBClusterSnapshot"
            available = [at_s for at_s, state in states(observed, arn) if state == "available"]
            if available:
                instance, cluster = (None, name) if is_cluster else (name, None)
                yield Taken(arn, instance, cluster, "manual", available[0])


def number_of(observed: Observed, call: Call) -> int | None:
    """Return the request for which a call was made, by itself or by its clean-up."""
    by_arn = {execution.arn: execution for execution in observed.executions}
    caller = by_arn.get(call.execution_arn or "")
    while caller is not None and caller.cleans_up:
        caller = by_arn.get(caller.cleans_up)
    return caller.number if caller else None


def is_known(observed: Observed, call: Call) -> bool:
    """Return whether the execution is known that a call was made for."""
    return any(each.arn == call.execution_arn for each in observed.executions)


def calls(observed: Observed, operations: Collection[str]) -> Iterator[Call]:
    """Yield the calls of some operations."""
    for entry in observed.timeline:
        if isinstance(entry, Call) and entry.operation in operations:
            yield entry


def states(observed: Observed, resource: str) -> list[tuple[float, str]]:
    """Return the states of a campaign or a snapshot, each since its second.

    A source's name also has the statuses of its exports, which are spelled in capitals.
    """
    return [
        (entry.at_s, entry.state)
        for entry in observed.timeline
        if isinstance(entry, Change) and entry.resource == resource and not entry.state.isupper()
    ]


def held(
    observed: Observed, resource: str, wanted: Collection[str], from_s: float, to_s: float
) -> bool:
    """Return whether a resource was in one of some states at some moment between two.

    What has not appeared yet is `GONE`.
    """
    return _held([(-1.0, GONE), *states(observed, resource)], wanted, from_s, to_s)


def _held(
    changes: list[tuple[float, str]], wanted: Collection[str], from_s: float, to_s: float
) -> bool:
    ends = [at_s for at_s, _ in changes[1:]] + [float("inf")]
    return any(
        state in wanted and at_s <= to_s + EPSILON and end >= from_s - EPSILON
        for (at_s, state), end in zip(changes, ends, strict=True)
    )


def moves(observed: Observed, campaign_id: str) -> list[Move]:
    """Return our mutations of a campaign that took effect, in their order.

    The change that a call made comes just before the call.
    """
    found: list[Move] = []
    changes: list[str | None] = [None]
    for entry in observed.timeline:
        if isinstance(entry, Change):
            if entry.resource == campaign_id:
                changes.append(entry.state)
        elif campaign_id in entry.resources and _is_mutation(entry):
            is_delete = entry.operation == "DeleteCampaign"
            before = changes[-1] if is_delete or len(changes) < 2 else changes[-2]
            found.append(Move(entry.at_s, entry.operation, campaign_id, before))
    return found


def _is_mutation(call: Call) -> bool:
    return call.operation in CAMPAIGN_MUTATIONS and call.took_effect


def tasks(observed: Observed) -> dict[str, Task]:
    """Return every export task by its identifier.

    Only one export of a source is active at a time, so that a change of the source's is its.
    """
    found = {each.export_id: Task(each) for each in observed.exports}
    latest: dict[str, list[tuple[float, str]]] = {}
    present = observed.scenario.world.get("exports", ())
    for one in present:
        task = found[one["export_id"]]
        task.statuses.append((0.0, one.get("status", "IN_PROGRESS")))
        if task.end in ACTIVE_EXPORT:
            latest[one["source_arn"]] = task.statuses
    # The ledger begins with what is present, and with what became of it in the same moment.
    beginnings = len(present)
    for entry in observed.timeline:
        if isinstance(entry, Change):
            if not entry.state.isupper():
                continue
            beginnings -= 1
            if beginnings >= 0:
                continue
            if entry.state == "STARTING":
                latest[entry.resource] = []
            if entry.resource in latest:
                latest[entry.resource].append((entry.at_s, entry.state))
        elif entry.operation == "StartExportTask" and entry.took_effect:
            export_id, source = entry.resources
            found[export_id].started_s = entry.at_s
            found[export_id].statuses = latest[source]
    return found


def seconds(observed: Observed, moment: str) -> float:
    """Return the seconds from the beginning to a time in an outcome."""
    return datetime.fromisoformat(moment).timestamp() - observed.began_at


def entries(outcome: Json, label: str) -> list[Json]:
    """Return the entries of a job."""
    return [entry for entry in outcome["resources"] if entry["job"] == label]
