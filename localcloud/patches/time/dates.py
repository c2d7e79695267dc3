"""Step Functions' dates are read from the simulated clock.

moto dates executions, history events and the context object by the machine's clock. A workflow
that subtracts $states.context.Execution.StartTime from the time its functions see would get
nonsense. It also writes those dates with microseconds and +00:00.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from types import SimpleNamespace

from localcloud.clock import VirtualClock
from localcloud.patches.patching import ASL, Patches, moto

_DATING_MODULES = (
    "stepfunctions.parser.models",
    f"{ASL}.component.state.state",
    f"{ASL}.component.state.exec.state_map.iteration.itemprocessor.map_run_record",
    f"{ASL}.eval.event.event_manager",
)


class Moment(datetime):
    """A date that the context object shows as AWS does: in milliseconds, with a Z."""

    def isoformat(self, sep: str = "T", timespec: str = "milliseconds") -> str:
        """Return the text; its arguments default otherwise than datetime's."""
        return super().isoformat(sep, timespec).replace("+00:00", "Z")


def moment(clock: VirtualClock) -> Moment:
    """Return the simulated moment, in UTC and whole milliseconds as Step Functions dates are."""
    return Moment.fromtimestamp(round(clock.now(), 3), UTC)


def apply(patches: Patches) -> None:
    """Give the modules that say `datetime.datetime.now(tz)` another now."""

    def now(tz: tzinfo | None = None) -> datetime:
        return moment(patches.clock).astimezone(tz)

    dates = SimpleNamespace(datetime=SimpleNamespace(now=now), timezone=SimpleNamespace(utc=UTC))
    for name in _DATING_MODULES:
        patches.replace(moto(name), "datetime", dates)
