"""The one affine clock that every part of the local AWS shares."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class SimulatedClock:
    """Simulated time runs `speed` times as fast as real time, from a common origin.

    Attributes:
        origin: the moment, in real epoch seconds, at which simulated and real time agreed.
        speed: simulated seconds per real second, above 0.
    """

    origin: float
    speed: float

    @classmethod
    def starting_now(cls, speed: float) -> SimulatedClock:
        """Return a clock that agrees with real time at this moment."""
        return cls(origin=time.time(), speed=speed)

    def now(self) -> float:
        """Return the simulated time in epoch seconds."""
        return self.origin + (time.time() - self.origin) * self.speed

    def real_seconds(self, simulated_seconds: float) -> float:
        """Return how many real seconds a stretch of simulated seconds takes."""
        return simulated_seconds / self.speed

    def sleep(self, simulated_seconds: float) -> None:
        """Block for a stretch of simulated seconds; a negative one is none."""
        time.sleep(max(0.0, self.real_seconds(simulated_seconds)))
