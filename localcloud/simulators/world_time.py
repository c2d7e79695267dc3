"""World time: the seconds since `begin`, on the shared simulated clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

from localcloud.clock import VirtualClock


class WorldTime:
    """World time, which is 0 until it begins."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._zero = clock.now()
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether world time runs."""
        return self._begun

    def begin(self) -> None:
        """Make this moment world time zero."""
        self._zero = self.clock.now()
        self._begun = True

    def seconds(self) -> float:
        """Return the simulated seconds since the beginning, 0 before it."""
        return self.clock.now() - self._zero if self._begun else 0.0

    def moment(self, seconds: float) -> float:
        """Return a second of the world as simulated epoch seconds."""
        return self._zero + seconds

    def at(self, seconds: float, name: str, work: Callable[[], object]) -> None:
        """Call `work` at a second of the world; at once if it has passed."""
        moment = self.moment(seconds)
        if moment - self._zero < seconds:  # rounded: at that moment, the second is yet to come
            moment = math.nextafter(moment, math.inf)
        self.clock.at(moment, name, work)

    def whole_seconds(self, seconds: float) -> str:
        """Return a second of the world as an ISO 8601 timestamp of whole seconds, in UTC."""
        return self.timestamp(seconds).partition(".")[0] + "Z"

    def timestamp(self, seconds: float) -> str:
        """Return a second of the world as an ISO 8601 timestamp with milliseconds, in UTC."""
        moment = datetime.fromtimestamp(self.moment(seconds), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
