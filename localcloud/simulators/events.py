"""The events of AWS services, delivered as the world's faults allow."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.simulators.faults import EventFaults
from localcloud.simulators.world_time import WorldTime

PublishEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        name: its name in the world's faults.
        at_s: when it happened, in world seconds.
    """

    name: str
    source: str
    detail_type: str
    at_s: float
    detail: Mapping[str, Any]
    resources: tuple[str, ...] = field(default=())


class Events:
    """Publishes events, each when it is due.

    Attributes:
        time: world time.
        account: the account of the events.
        region: the Region of the events.
    """

    def __init__(
        self,
        time: WorldTime,
        faults: EventFaults,
        publish: PublishEvent,
        *,
        account: str,
        region: str,
    ) -> None:
        self.time = time
        self.account = account
        self.region = region
        self._faults = faults
        self._publish = publish

    def emit(self, event: Event, *, latency_s: float = 0) -> None:
        """Publish an event `latency_s` simulated seconds after it happened, as faults allow."""
        envelope = self._envelope(event)
        for delay_s in self._faults.deliveries(event.name):
            at_s = event.at_s + latency_s + delay_s
            self.time.at(at_s, f"event {event.name}", lambda: self._publish(dict(envelope)))

    def _envelope(self, event: Event) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": event.detail_type,
            "source": event.source,
            "account": self.account,
            "time": self.time.whole_seconds(event.at_s),
            "region": self.region,
            "resources": list(event.resources),
            "detail": dict(event.detail),
        }
