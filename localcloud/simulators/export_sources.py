"""The export sources, when they exist, and how their successive exports end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from localcloud.simulators.errors import SimulatedError
from localcloud.world import ExportOutcome, Snapshot, SourceKind, source_kind

_NOT_FOUND: dict[SourceKind, str] = {
    "snapshot": "DBSnapshotNotFound",
    "cluster-snapshot": "DBClusterSnapshotNotFoundFault",
    "cluster": "DBClusterNotFoundFault",
}

_DAY = 86_400.0


class ExportSources:
    """The snapshots and clusters of the world; times are world seconds."""

    def __init__(self, snapshots: Iterable[Snapshot], created_at: Mapping[str, float]) -> None:
        """Take the world's snapshots, and when actions create some of them."""
        self._snapshots = {snapshot.arn: snapshot for snapshot in snapshots}
        self._exists_from = {
            arn: created_at.get(arn, snapshot.exists_from_s)
            for arn, snapshot in self._snapshots.items()
        }
        self._exports: Counter[str] = Counter()

    def create(self, arn: str, now: float) -> None:
        """Create a snapshot; one that is not in the world file has the default settings."""
        self._snapshots.setdefault(arn, Snapshot(arn=arn))
        self._exists_from[arn] = min(now, self._exists_from.get(arn, now))

    def plan(self, arn: str) -> Snapshot:
        """Return a source's settings, also of one that no longer exists."""
        return self._snapshots.get(arn) or Snapshot(arn=arn)

    def taken_at(self, arn: str) -> float:
        """Return when a snapshot was taken: a day before the start if it existed then."""
        return self._exists_from.get(arn, 0.0) or -_DAY

    def get(self, arn: str, now: float) -> Snapshot:
        """Return a source that exists now.

        Raises:
            SimulatedError: InvalidParameterValue, or the not-found error of the ARN's kind.
        """
        kind = source_kind(arn)
        if kind is None:
            raise SimulatedError("InvalidParameterValue", f"Invalid source ARN: {arn}")
        if arn not in self._snapshots or self._exists_from[arn] > now:
            raise SimulatedError(_NOT_FOUND[kind], f"The {kind} {arn} was not found.")
        return self._snapshots[arn]

    def next_outcome(self, arn: str) -> ExportOutcome:
        """Return how the next export of a source ends, and count that export."""
        outcome = self.plan(arn).outcome
        outcomes = outcome if isinstance(outcome, tuple) else (outcome,)
        number = min(self._exports[arn], len(outcomes) - 1)
        self._exports[arn] += 1
        return outcomes[number]
