"""The export sources, which of them can be exported, and how their successive exports end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from localcloud.simulators.databases import NOT_FOUND as DATABASE_NOT_FOUND
from localcloud.simulators.databases import Databases
from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.snapshots import NOT_FOUND, Snapshots
from localcloud.world import ExportCourse, ExportOutcome, Snapshot, source_kind, source_name

# RDS and Aurora user guides, exporting snapshot and cluster data.
_SNAPSHOT_ENGINES: Final = frozenset(
    {"aurora", "aurora-mysql", "aurora-postgresql", "mariadb", "mysql", "postgres"}
)
_CLUSTER_ENGINES: Final = frozenset({"aurora", "aurora-mysql", "aurora-postgresql"})

_DAY: Final = 86_400.0


class ExportSources:
    """The snapshots and clusters of the world; times are world seconds.

    Attributes:
        snapshots: the model of the snapshots.
    """

    def __init__(
        self, specs: Iterable[Snapshot], snapshots: Snapshots, databases: Databases
    ) -> None:
        """Take the world's sources, and the models of snapshots and databases."""
        self.snapshots = snapshots
        self._databases = databases
        self._specs = {spec.arn: spec for spec in specs}
        self._exports: Counter[str] = Counter()

    def course(self, arn: str) -> ExportCourse:
        """Return how exports of a source proceed, also of one that no longer exists."""
        snapshot = self.snapshots.find(arn)
        if snapshot is not None:
            return snapshot.course
        return self._specs.get(arn) or self._cluster(arn) or ExportCourse()

    def taken_at(self, arn: str) -> float:
        """Return when a snapshot was taken: a day before the start if that is not known."""
        snapshot = self.snapshots.find(arn)
        taken_at = snapshot.created_at if snapshot else None
        return -_DAY if taken_at is None else taken_at

    def require(self, arn: str, now: float) -> None:
        """Check that a source exists and can be exported.

        Raises:
            SimulatedError: InvalidParameterValue, the not-found error of the ARN's kind, or
                InvalidExportSourceState.
        """
        match source_kind(arn):
            case None:
                raise SimulatedError("InvalidParameterValue", f"Invalid source ARN: {arn}")
            case "cluster":
                self._require_cluster(arn, now)
            case kind:
                snapshot = self.snapshots.find(arn)
                if snapshot is None:
                    raise SimulatedError(NOT_FOUND[kind], f"The {kind} {arn} was not found.")
                if snapshot.status != "available":
                    raise _refusal(f"The {kind} {arn} is {snapshot.status}.", illegal=True)
                if snapshot.is_foreign:
                    raise _refusal(f"The {kind} {arn} belongs to another account.")
                if snapshot.engine not in _SNAPSHOT_ENGINES:
                    raise _refusal(f"Snapshots of {snapshot.engine} cannot be exported.")

    def next_outcome(self, arn: str) -> ExportOutcome:
        """Return how the next export of a source ends, and count that export."""
        outcome = self.course(arn).outcome
        outcomes = outcome if isinstance(outcome, tuple) else (outcome,)
        number = min(self._exports[arn], len(outcomes) - 1)
        self._exports[arn] += 1
        return outcomes[number]

    def _cluster(self, arn: str) -> ExportCourse | None:
        if source_kind(arn) != "cluster":
            return None
        return self._databases.find("cluster", source_name(arn))

    def _require_cluster(self, arn: str, now: float) -> None:
        spec = self._specs.get(arn)
        if self._cluster(arn) is None and (spec is None or spec.exists_from_s > now):
            raise SimulatedError(DATABASE_NOT_FOUND["cluster"], f"The cluster {arn} was not found.")
        engine = (spec and spec.engine) or self._databases.engine("cluster", source_name(arn))
        if engine not in _CLUSTER_ENGINES:
            raise _refusal(f"Clusters of {engine} cannot be exported.")


def _refusal(message: str, *, illegal: bool = False) -> SimulatedError:
    return SimulatedError("InvalidExportSourceState", message, illegal=illegal)
