"""RDS export tasks as a pure model: five slots, one export per source, changes over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.export_sources import ExportSources
from localcloud.world import ExportCourse, ExportOutcome, PresentExport

# Whether CANCELING takes a slot is not documented; the simulator assumes that it does.
ACTIVE = frozenset({"STARTING", "IN_PROGRESS", "CANCELING"})


@dataclass(frozen=True)
class ExportParameters:
    """The parameters of a StartExportTask; a bucket of None is the stack's."""

    export_id: str
    source_arn: str
    bucket: str | None
    prefix: str
    export_only: tuple[str, ...]
    role_arn: str
    kms_key_id: str


@dataclass
class Export:
    """An export task as it is now; times are world seconds."""

    parameters: ExportParameters
    course: ExportCourse
    outcome: ExportOutcome
    snapshot_at: float
    status: str
    entered_at: float
    extracting_from: float | None = None
    ended_at: float | None = None
    progress: float = 0.0
    failure_cause: str | None = None

    def enter(self, status: str, now: float) -> None:
        """Change status, and keep the progress so far."""
        self.progress = 1.0 if status == "COMPLETE" else self.extracted(now)
        if status == "IN_PROGRESS":
            self.extracting_from = now
        if status == "FAILED" and self.failure_cause is None:
            self.failure_cause = self.course.failure_cause or "An unknown internal error occurred."
        if status not in ACTIVE:
            self.ended_at = now
        self.status = status
        self.entered_at = now

    def extracted(self, now: float) -> float:
        """Return the share of the data extracted by now, below 1 until it is COMPLETE."""
        if self.status != "IN_PROGRESS":
            return self.progress
        if self.course.export_s == 0:
            return 0.99
        return min(0.99, max(0.0, now - self.entered_at) / self.course.export_s)

    def percent(self, now: float) -> int:
        """Return PercentProgress, as RDS does."""
        return int(self.extracted(now) * 100)

    def next_change(self) -> tuple[float, str] | None:
        """Return when its next change over time is due, and to which status."""
        match self.status:
            case "STARTING":
                fails = self.outcome == "FAILED" and self.course.fails_in == "STARTING"
                status = "FAILED" if fails else "IN_PROGRESS"
                return self.entered_at + self.course.starting_s, status
            case "IN_PROGRESS":
                return self.entered_at + self.course.export_s, self.outcome
            case "CANCELING":
                return self.entered_at + self.course.canceling_s, self.course.cancel_outcome
            case _:
                return None

    def is_ready(self, now: float) -> bool:
        """Return whether it is COMPLETE except for its files."""
        change = self.next_change()
        return change is not None and change[0] <= now and change[1] == "COMPLETE"


OnExportChange = Callable[[float, Export], None]
"""Called with the world second and the export in its new status."""


class Exports:
    """All export tasks, including those that ended: an identifier cannot be used twice."""

    def __init__(
        self,
        sources: ExportSources,
        present: Iterable[PresentExport],
        *,
        slots: int,
        on_change: OnExportChange,
    ) -> None:
        self.sources = sources
        self._slots = slots
        self._on_change = on_change
        self._exports = {one.export_id: _present(one, sources) for one in present}

    def advance(self, now: float) -> None:
        """Make the changes that are due by now, except completions, which wait for their files."""
        self.sources.snapshots.advance(now)
        for export in self._exports.values():
            while (change := export.next_change()) is not None and change[0] <= now:
                if change[1] == "COMPLETE":
                    break
                self._enter(export, change[1], max(change[0], 0.0))

    def next_due(self) -> float | None:
        """Return when the next change of an export or a snapshot is due."""
        changes = (export.next_change() for export in self._exports.values())
        due = [change[0] for change in changes if change is not None]
        of_snapshots = self.sources.snapshots.next_due()
        return min(due if of_snapshots is None else [*due, of_snapshots], default=None)

    def all(self) -> list[Export]:
        """Return every export, in the order of their starts."""
        return list(self._exports.values())

    def find(self, export_id: str) -> Export | None:
        """Return an export by its identifier."""
        return self._exports.get(export_id)

    def count_active(self) -> int:
        """Return how many exports take a slot."""
        return sum(export.status in ACTIVE for export in self._exports.values())

    def start(self, parameters: ExportParameters, now: float) -> Export:
        """Start an export.

        Raises:
            SimulatedError: identifier used before, source unknown or busy, no slot left.
        """
        if parameters.export_id in self._exports:
            raise SimulatedError(
                "ExportTaskAlreadyExists", f"The export task {parameters.export_id} already exists."
            )
        self.sources.require(parameters.source_arn, now)
        course = self.sources.course(parameters.source_arn)
        if any(self._occupies(export, parameters.source_arn, now) for export in self.all()):
            raise SimulatedError(course.busy_error, f"{parameters.source_arn} is being exported.")
        if self.count_active() >= self._slots:
            raise SimulatedError(
                "ExportTaskLimitReachedFault",
                f"You have reached the limit of {self._slots} concurrent export tasks",
            )
        outcome = self.sources.next_outcome(parameters.source_arn)
        taken_at = self.sources.taken_at(parameters.source_arn)
        export = Export(parameters, course, outcome, taken_at, "STARTING", now)
        self._exports[parameters.export_id] = export
        self._on_change(now, export)
        return export

    def cancel(self, export_id: str, now: float) -> Export:
        """Cancel an export.

        Raises:
            SimulatedError: unknown, or ended.
        """
        export = self.find(export_id)
        if export is None:
            raise SimulatedError("ExportTaskNotFound", f"No export task {export_id}.")
        if export.status not in ACTIVE or export.is_ready(now):
            raise SimulatedError(
                "InvalidExportTaskStateFault", "You can't cancel an export task that has completed."
            )
        if export.status != "CANCELING":
            self._enter(export, "CANCELING", now)
        return export

    def cancel_of_source(self, source_arn: str, now: float) -> None:
        """Cancel the active export of a source, if there is one."""
        for export in self.all():
            if export.parameters.source_arn == source_arn and export.status in ACTIVE:
                self.cancel(export.parameters.export_id, now)

    def complete(self, export: Export, now: float) -> None:
        """Complete an export whose files have been written."""
        self._enter(export, "COMPLETE", now)

    def fail(self, export: Export, cause: str, now: float) -> None:
        """Make an export fail whose files cannot be written."""
        export.failure_cause = cause
        self._enter(export, "FAILED", now)

    def _enter(self, export: Export, status: str, now: float) -> None:
        export.enter(status, now)
        self._on_change(now, export)

    def _occupies(self, export: Export, source_arn: str, now: float) -> bool:
        if export.parameters.source_arn != source_arn:
            return False
        return export.ended_at is None or now < export.ended_at + export.course.cooldown_s


def _present(present: PresentExport, sources: ExportSources) -> Export:
    """Return an export that exists at the start; an active one takes its source's next outcome."""
    course = sources.course(present.source_arn)
    status = present.status
    parameters = ExportParameters(
        export_id=present.export_id,
        source_arn=present.source_arn,
        bucket=present.s3_bucket,
        prefix=present.s3_prefix,
        export_only=present.export_only,
        role_arn="",
        kms_key_id="",
    )
    outcome = sources.next_outcome(present.source_arn) if status in ACTIVE else "COMPLETE"
    taken_at = sources.taken_at(present.source_arn)
    export = Export(parameters, course, outcome, taken_at, "STARTING", -present.age_s)
    if status in ("COMPLETE", "CANCELED") or (status == "FAILED" and course.fails_in != "STARTING"):
        export.enter("IN_PROGRESS", -present.age_s - course.export_s)
    if status != "STARTING":
        export.enter(status, -present.age_s)
    return export
