"""The RDS events of exports and snapshots, delivered as the world's faults allow."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from localcloud.simulators.faults import EventFaults
from localcloud.simulators.timeline import Timeline
from localcloud.simulators.world_time import WorldTime
from localcloud.world import SourceKind, source_kind, source_name

PublishEvent = Callable[[dict[str, Any]], None]


class _Event(NamedTuple):
    event_id: str
    category: str
    message: str


# RDS user guide, event categories and messages. An export straight from a cluster has none there.
_EVENTS: dict[tuple[SourceKind, str], _Event] = {
    ("snapshot", "FAILED"): _Event(
        "RDS-EVENT-0159", "notification", "The snapshot export task failed."
    ),
    ("snapshot", "CANCELED"): _Event(
        "RDS-EVENT-0160", "notification", "The snapshot export task was canceled."
    ),
    ("snapshot", "COMPLETE"): _Event(
        "RDS-EVENT-0161", "notification", "The snapshot export task completed."
    ),
    ("snapshot", "CREATED"): _Event("RDS-EVENT-0042", "creation", "Manual snapshot created."),
    ("cluster-snapshot", "FAILED"): _Event(
        "RDS-EVENT-0162", "notification", "The cluster snapshot export task failed."
    ),
    ("cluster-snapshot", "CANCELED"): _Event(
        "RDS-EVENT-0163", "notification", "The cluster snapshot export task was canceled."
    ),
    ("cluster-snapshot", "COMPLETE"): _Event(
        "RDS-EVENT-0164", "notification", "The cluster snapshot export task completed."
    ),
    ("cluster-snapshot", "CREATED"): _Event(
        "RDS-EVENT-0075", "backup", "Manual cluster snapshot created."
    ),
}
_DETAIL_TYPES = {
    "snapshot": ("RDS DB Snapshot Event", "SNAPSHOT"),
    "cluster-snapshot": ("RDS DB Cluster Snapshot Event", "CLUSTER_SNAPSHOT"),
}


class RdsEvents:
    """Publishes events on a timeline of their own, so that a slow subscriber delays nothing."""

    def __init__(
        self,
        time: WorldTime,
        deliveries: Timeline,
        faults: EventFaults,
        publish: PublishEvent,
        *,
        account: str,
        region: str,
    ) -> None:
        self._time = time
        self._deliveries = deliveries
        self._faults = faults
        self._publish = publish
        self._account = account
        self._region = region

    def announce(self, arn: str, what: str, at_s: float) -> None:
        """Publish what happened to a source, if RDS has an event for it.

        Args:
            arn: the snapshot's ARN, which is all that the event names.
            what: CREATED, or the status that its export ended in.
            at_s: when it happened, in world seconds.
        """
        kind = source_kind(arn)
        event = _EVENTS.get((kind, what)) if kind else None
        if event is None or kind is None:
            return
        envelope = self._envelope(kind, arn, event, at_s)
        for delay_s in self._faults.deliveries(event.event_id):
            self._deliveries.at(
                self._time.moment(at_s + delay_s), lambda: self._publish(dict(envelope))
            )

    def _envelope(self, kind: SourceKind, arn: str, event: _Event, at_s: float) -> dict[str, Any]:
        detail_type, source_type = _DETAIL_TYPES[kind]
        timestamp = self._time.timestamp(at_s)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": "aws.rds",
            "account": self._account,
            "time": timestamp.partition(".")[0] + "Z",
            "region": self._region,
            "resources": [arn],
            "detail": {
                "EventCategories": [event.category],
                "SourceType": source_type,
                "SourceArn": arn,
                "Date": timestamp,
                "SourceIdentifier": source_name(arn),
                "Message": event.message,
                "EventID": event.event_id,
            },
        }
