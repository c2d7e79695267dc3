"""The RDS events of exports and snapshots."""

from __future__ import annotations

from typing import NamedTuple

from localcloud.simulators.events import Event, Events
from localcloud.world import SourceKind, source_kind, source_name


class _RdsEvent(NamedTuple):
    event_id: str
    category: str
    message: str


# Event categories and messages: RDS user guide, for clusters the Aurora user guide.
_EVENTS: dict[tuple[SourceKind, str], _RdsEvent] = {
    ("snapshot", "FAILED"): _RdsEvent(
        "RDS-EVENT-0159", "notification", "The snapshot export task failed."
    ),
    ("snapshot", "CANCELED"): _RdsEvent(
        "RDS-EVENT-0160", "notification", "The snapshot export task was canceled."
    ),
    ("snapshot", "COMPLETE"): _RdsEvent(
        "RDS-EVENT-0161", "notification", "The snapshot export task completed."
    ),
    ("snapshot", "manual creating"): _RdsEvent(
        "RDS-EVENT-0040", "creation", "Creating manual snapshot."
    ),
    ("snapshot", "manual available"): _RdsEvent(
        "RDS-EVENT-0042", "creation", "Manual snapshot created."
    ),
    ("snapshot", "manual deleted"): _RdsEvent(
        "RDS-EVENT-0041", "deletion", "Deleted user snapshot."
    ),
    ("snapshot", "automated creating"): _RdsEvent(
        "RDS-EVENT-0090", "creation", "Creating automated snapshot."
    ),
    ("snapshot", "automated available"): _RdsEvent(
        "RDS-EVENT-0091", "creation", "Automated snapshot created."
    ),
    ("cluster-snapshot", "FAILED"): _RdsEvent(
        "RDS-EVENT-0162", "notification", "The cluster snapshot export task failed."
    ),
    ("cluster-snapshot", "CANCELED"): _RdsEvent(
        "RDS-EVENT-0163", "notification", "The cluster snapshot export task was canceled."
    ),
    ("cluster-snapshot", "COMPLETE"): _RdsEvent(
        "RDS-EVENT-0164", "notification", "The cluster snapshot export task completed."
    ),
    ("cluster-snapshot", "manual creating"): _RdsEvent(
        "RDS-EVENT-0074", "backup", "Creating manual cluster snapshot."
    ),
    ("cluster-snapshot", "manual available"): _RdsEvent(
        "RDS-EVENT-0075", "backup", "Manual cluster snapshot created."
    ),
    ("cluster-snapshot", "automated creating"): _RdsEvent(
        "RDS-EVENT-0168", "backup", "Creating automated cluster snapshot."
    ),
    ("cluster-snapshot", "automated available"): _RdsEvent(
        "RDS-EVENT-0169", "backup", "Automated cluster snapshot created."
    ),
    ("cluster", "FAILED"): _RdsEvent("RDS-EVENT-0234", "notification", "Export task failed."),
    ("cluster", "CANCELED"): _RdsEvent("RDS-EVENT-0235", "notification", "Export task canceled."),
    ("cluster", "COMPLETE"): _RdsEvent("RDS-EVENT-0236", "notification", "Export task completed."),
}
_DETAIL_TYPES = {
    "snapshot": ("RDS DB Snapshot Event", "SNAPSHOT"),
    "cluster-snapshot": ("RDS DB Cluster Snapshot Event", "CLUSTER_SNAPSHOT"),
    "cluster": ("RDS DB Cluster Event", "CLUSTER"),
}


class RdsEvents:
    """Publishes what happens to snapshots and exports; the events name only the source."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def announce(self, arn: str, what: str, at_s: float) -> None:
        """Publish what happened to a source, if RDS has an event for it.

        Args:
            arn: the source's ARN, which is all that the event names.
            what: the status that its export ended in, or a snapshot's type and status.
            at_s: when it happened, in world seconds.
        """
        kind = source_kind(arn)
        event = _EVENTS.get((kind, what)) if kind else None
        if event is None or kind is None:
            return
        detail_type, source_type = _DETAIL_TYPES[kind]
        detail = {
            "EventCategories": [event.category],
            "SourceType": source_type,
            "SourceArn": arn,
            "Date": self._events.time.timestamp(at_s),
            "SourceIdentifier": source_name(arn),
            "Message": event.message,
            "EventID": event.event_id,
        }
        self._events.emit(Event(event.event_id, "aws.rds", detail_type, at_s, detail, (arn,)))
