"""One reconcile pass for a snapshot: poll, decide, call RDS, return."""

from __future__ import annotations

import random
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.jobs import measures, pass_result
from lambdas.jobs.history import Budget
from lambdas.jobs.pass_result import PassResult, Step
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import EndPhase
from lambdas.shared import clock
from lambdas.shared.environment import COORDINATION_TABLE, SNAPSHOT_OWNER, setting
from lambdas.shared.errors import (
    AwsError,
    InvalidDatabaseStateException,
    PermanentError,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    StateError,
    ThrottlingException,
    TransientError,
)
from lambdas.shared.observability import logger, observed
from lambdas.shared.texts import with_hint
from lambdas.snapshots import decisions, dry_run
from lambdas.snapshots import progress as snapshot_watch
from lambdas.snapshots.client import Snapshots
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.created import CreatedSnapshot, CreatedSnapshots
from lambdas.snapshots.decisions import Snapshot
from lambdas.snapshots.hints import hint_for_error
from lambdas.snapshots.work import SnapshotProgress, SnapshotWork

STEPS_PER_PASS: Final = 3
"""More than one if a call was refused because the state had changed."""


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Run one pass for the event's `work` and `trace`, and return a `PassResult`."""
    execution_arn = event["trace"]["execution_arn"]
    work = SnapshotWork.model_validate(event["work"]).of_execution(execution_arn)
    notes = Notes(execution_arn, CreatedSnapshots(setting(COORDINATION_TABLE)))
    snapshots = Snapshots(setting(SNAPSHOT_OWNER))
    result = reconcile(work, snapshots, notes, event.get("history_events", 0))
    return measures.count_pass(result).as_payload()


class Notes:
    """One execution's notes about what must not outlive it."""

    def __init__(self, execution_arn: str, created: CreatedSnapshots) -> None:
        self._execution_arn = execution_arn
        self._created = created

    def record(self, work: SnapshotWork) -> None:
        """Note the snapshot of work, before it is created, if a clean-up is to delete it.

        Raises:
            AwsError: when it could not be noted.
        """
        if work.delete_on_abort:
            created = CreatedSnapshot(work.snapshot_id, work.database, work.job_label)
            self._created.record(self._execution_arn, created)


def reconcile(
    work: SnapshotWork, snapshots: Snapshots, notes: Notes, history_events: int
) -> PassResult:
    """Run one reconcile pass for a snapshot.

    Once RDS has returned the snapshot's state, the pass has a result: later failures are recorded
    in it.

    Args:
        work: the snapshot, which has its identifier, and its progress.
        snapshots: the account's.
        notes: where creations are noted for a clean-up.
        history_events: in the history of this child execution so far.

    Raises:
        TransientError: when RDS did not return the state.
    """
    snapshot = _Pass(work, snapshots, notes)
    try:
        snapshot.run()
    except PermanentError as error:
        snapshot.fail(error)
    return snapshot.report(history_events)


class _Pass:
    """The snapshot during one pass."""

    def __init__(self, work: SnapshotWork, snapshots: Snapshots, notes: Notes) -> None:
        self._work = work.polled(clock.now())
        self._snapshots = snapshots
        self._notes = notes
        self._snapshot: Snapshot | None = None

    def run(self) -> None:
        """Poll once, and take steps until the pass is done.

        Raises:
            TransientError: when RDS did not return the snapshot's state.
            PermanentError: when it never will, or refused a call for good.
        """
        self._observe()
        try:
            for _ in range(STEPS_PER_PASS):
                if self._step() is Step.DONE:
                    return
        except ThrottlingException as error:
            self._remember_throttle(error)
        except TransientError as error:
            logger.warning("poll again", error=str(error))

    def fail(self, error: AwsError) -> None:
        """End the work with an error."""
        name = type(error).__name__
        hint = hint_for_error(name, self._work.database)
        creates = self._work.target is SnapshotTarget.AVAILABLE
        reason: str = name
        if isinstance(error, ServiceQuotaExceededException):
            reason = Reason.QUOTA_EXCEEDED
        elif isinstance(error, ResourceNotFoundException) and creates:
            reason = Reason.DATABASE_NOT_FOUND
        self._close(Phase.FAILED, reason, with_hint(str(error), hint))

    def report(self, history_events: int) -> PassResult:
        """Return the result of the pass."""
        work = self._work
        if work.entries:
            return pass_result.last_pass(work, work.entries[0].phase)
        now = clock.now()
        budget = Budget(history_events, work.polling.age(now), work.deadline_seconds)
        wait = budget.stretch(snapshot_watch.wait_seconds(work, now, random.random()))
        wake = snapshot_watch.wake_of(work, now, wait) if budget.allows_wakes else None
        return pass_result.next_pass(work, snapshot_watch.phase_of(work), wait, wake)

    def _observe(self) -> None:
        self._snapshot = self._snapshots.find(self._work.snapshot_id, self._work.database)

    def _step(self) -> Step:
        """Decide, and make the call that is due.

        Raises:
            ThrottlingException: the call had no effect.
            TransientError: the call may have had an effect.
            PermanentError: the call had no effect, and never will have.
        """
        work = self._work
        age = work.polling.age(clock.now())
        decision = decisions.decide(self._snapshot, work, owner=self._snapshots.owner, age=age)
        self._see(self._snapshot)
        if work.dry_run:
            self._foresee(decision)
            return Step.DONE
        match decision:
            case decisions.Reached(reason):
                self._close(Phase.COMPLETE, reason, snapshot_watch.message_of(work, reason))
            case decisions.Refuse(reason, why):
                self._close(Phase.FAILED, reason, why)
            case decisions.Create():
                return self._create()
            case decisions.Delete():
                return self._delete()
            case decisions.Watch():
                pass
        return Step.DONE

    def _create(self) -> Step:
        """Create the snapshot, after noting it.

        Raises:
            ThrottlingException: nothing was created.
            TransientError: it may have been created, or not.
            PermanentError: nothing was created, and nothing will be.
        """
        work, before = self._work, self._work.progress
        if not before.called:
            self._notes.record(work)
        self._remember(snapshot_watch.called(before))
        try:
            snapshot = self._snapshots.create(work.snapshot_id, work.database)
        except InvalidDatabaseStateException as error:
            logger.info("database not available", error=str(error))
            self._remember(snapshot_watch.busy(before, clock.now()))
        except StateError as error:
            return self._decide_again(error)
        except ThrottlingException:
            self._remember(before)
            raise
        else:
            logger.info("snapshot creation accepted", snapshot=work.snapshot_id)
            self._see(snapshot)
        return Step.DONE

    def _delete(self) -> Step:
        """Delete the snapshot.

        Raises:
            ThrottlingException: nothing was deleted.
            TransientError: it may have been deleted, or not.
            PermanentError: nothing was deleted, and nothing will be.
        """
        work, before = self._work, self._work.progress
        self._remember(snapshot_watch.called(before))
        try:
            self._snapshots.delete(work.snapshot_id, work.database)
        except (StateError, ResourceNotFoundException) as error:
            return self._decide_again(error)
        except ThrottlingException:
            self._remember(before)
            raise
        logger.info("snapshot deletion accepted", snapshot=work.snapshot_id)
        return Step.DONE

    def _foresee(self, decision: decisions.Decision) -> None:
        """End a dry run with what the request would do."""
        foreseen = dry_run.foresee(decision, self._work)
        self._close(Phase.PLANNED, foreseen.reason, foreseen.message)
        self._work = self._work.foreseeing(foreseen)

    def _decide_again(self, error: AwsError) -> Step:
        """Read the state that refused a call; if it is the same, leave it to the next pass."""
        logger.warning("poll again", error=str(error))
        before = self._snapshot
        self._observe()
        same = (before and before.status) == (self._snapshot and self._snapshot.status)
        return Step.DONE if same else Step.DECIDE_AGAIN

    def _remember_throttle(self, error: ThrottlingException) -> None:
        logger.warning("throttled", error=str(error))
        self._remember(snapshot_watch.throttled(self._work.progress))
        if self._work.progress.throttles >= decisions.MAX_THROTTLES:
            self.fail(error)

    def _see(self, snapshot: Snapshot | None) -> None:
        before = self._work
        self._work = snapshot_watch.seen(before, snapshot, clock.now())
        measures.count_progress(snapshot_watch.shown(before), snapshot_watch.shown(self._work))
        if before.progress.state != self._work.progress.state:
            logger.info(
                "snapshot changed state",
                snapshot=before.snapshot_id,
                before=before.progress.state,
                after=self._work.progress.state,
            )

    def _remember(self, progress: SnapshotProgress) -> None:
        self._work = self._work.with_progress(progress)

    def _close(self, phase: EndPhase, reason: str, message: str) -> None:
        self._work = self._work.close(phase=phase, reason=reason, message=message, now=clock.now())
