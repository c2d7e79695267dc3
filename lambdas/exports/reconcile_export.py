"""One reconcile pass for a source's export: poll, decide, call RDS, return."""

from __future__ import annotations

import random
from typing import Any, Final, TypeGuard

from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.exports import decisions as exports
from lambdas.exports import dry_run, newest
from lambdas.exports import progress as export_watch
from lambdas.exports import slots as export_slots
from lambdas.exports.client import Exports
from lambdas.exports.contract import ExportTarget
from lambdas.exports.decisions import Destination, ExportTask
from lambdas.exports.details import FileDetails
from lambdas.exports.files import ExportFiles
from lambdas.exports.hints import hint_for_error
from lambdas.exports.pointers import Pointed, Pointers
from lambdas.exports.slots import SlotWait
from lambdas.exports.snapshots import Snapshots
from lambdas.exports.started import Notes, StartedExports
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs import measures, pass_result
from lambdas.jobs.dry_run import Foreseen
from lambdas.jobs.history import Budget
from lambdas.jobs.pass_result import PassResult, Step
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import EndPhase
from lambdas.shared import clock
from lambdas.shared.arns import account_of
from lambdas.shared.environment import (
    COORDINATION_TABLE,
    EXPORT_BUCKET,
    EXPORT_KEY_ARN,
    EXPORT_POINTERS,
    EXPORT_PREFIX,
    EXPORT_ROLE_ARN,
    is_set,
    setting,
)
from lambdas.shared.errors import (
    AwsError,
    CapacityError,
    ExportTaskAlreadyExistsException,
    ExportTaskLimitReachedException,
    InvalidExportTaskStateException,
    PermanentError,
    ResourceNotFoundException,
    ThrottlingException,
    TransientError,
)
from lambdas.shared.observability import logger, observed
from lambdas.shared.texts import with_hint

STEPS_PER_PASS: Final = 3
"""More than one if a call was refused because the state had changed, or starts another attempt."""

MAX_PASSED_OVER: Final = 3
"""Snapshots that were chosen and did not exist any more when their export was started."""

UNTIL_CHOICE_IS_KEPT_SECONDS: Final = 1
"""A chosen snapshot is first recorded in the execution: a pass that was killed after it had started
an export could otherwise be followed by one that chooses another snapshot."""

MAX_POINTER_FAILURES: Final = 4
"""Passes in which the pointer to a COMPLETE export was not replaced; one more, and it stays."""


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Run one pass for the event's `work` and `trace`, and return a `PassResult`."""
    work = ExportWork.model_validate(event["work"])
    bucket, prefix = setting(EXPORT_BUCKET), setting(EXPORT_PREFIX)
    rds = Exports(
        Destination(bucket, "/".join(part for part in (prefix, work.job.s3_prefix) if part)),
        role_arn=setting(EXPORT_ROLE_ARN),
        key_arn=setting(EXPORT_KEY_ARN),
    )
    execution_arn = event["trace"]["execution_arn"]
    snapshots = Snapshots(account_of(execution_arn))
    pointers = None
    if is_set(EXPORT_POINTERS):
        pointers = Pointers(bucket, prefix, setting(EXPORT_KEY_ARN), snapshots=snapshots)
    result = reconcile(
        work,
        rds,
        ExportFiles(bucket),
        Notes(work, execution_arn, StartedExports(setting(COORDINATION_TABLE))),
        event.get("history_events", 0),
        snapshots=snapshots,
        pointers=pointers,
    )
    return measures.count_pass(result).as_payload()


def reconcile(
    work: ExportWork,
    rds: Exports,
    files: ExportFiles,
    notes: Notes,
    history_events: int,
    *,
    snapshots: Snapshots,
    pointers: Pointers | None = None,
) -> PassResult:
    """Run one reconcile pass for an export.

    Once RDS has returned the tasks, the pass has a result: later failures are recorded in it.

    Args:
        work: the export and its progress.
        rds: the account's export tasks.
        files: the files that describe exports.
        notes: where starts are noted, for later passes and for a clean-up.
        history_events: in the history of this child execution so far.
        snapshots: the account's snapshots.
        pointers: to the latest exports, None if there are none.

    Raises:
        TransientError: when RDS did not return the tasks, or the snapshots to choose from.
    """
    export = _Pass(work, rds, files, notes, snapshots=snapshots, pointers=pointers)
    try:
        export.run()
    except PermanentError as error:
        export.fail(error)
    return export.report(history_events)


class _Pass:
    """The export during one pass."""

    def __init__(
        self,
        work: ExportWork,
        rds: Exports,
        files: ExportFiles,
        notes: Notes,
        *,
        snapshots: Snapshots,
        pointers: Pointers | None,
    ) -> None:
        self._work = work.polled(clock.now())
        self._rds = rds
        self._snapshots = snapshots
        self._files = files
        self._notes = notes
        self._pointers = pointers
        self._tasks: tuple[ExportTask, ...] = ()
        self._shown: ExportTask | None = None
        self._has_chosen = False

    def run(self) -> None:
        """Poll once, and take steps until the pass is done.

        Raises:
            TransientError: when RDS did not return the tasks, or the snapshots to choose from.
            PermanentError: when it never will, or refused a call for good.
        """
        if self._work.job.source_arn is None:
            self._choose()
            return
        if self._keeps_waiting_for_slot():
            return
        self._observe()
        try:
            for _ in range(STEPS_PER_PASS):
                if self._step() is Step.DONE:
                    return
        except ThrottlingException as error:
            self._remember_throttle(error)
        except TransientError as error:
            self._count_refusal(error)

    def fail(self, error: AwsError) -> None:
        """End the export with an error."""
        name = type(error).__name__
        self.close(Phase.FAILED, name, with_hint(str(error), hint_for_error(name)))

    def close(
        self,
        phase: EndPhase,
        reason: str,
        message: str,
        warnings: tuple[str, ...] = (),
        files: FileDetails | None = None,
    ) -> None:
        """End the export, in the state that was read last."""
        measures.measure_lateness(self._shown.ended_at if self._shown else None, self._work.polling)
        self._work = self._work.close(
            phase=phase,
            reason=reason,
            message=message,
            warnings=warnings,
            now=clock.now(),
            files=files,
        )

    def report(self, history_events: int) -> PassResult:
        """Return the result of the pass."""
        work = self._work
        if work.entries:
            return pass_result.last_pass(work, work.entries[0].phase)
        now = clock.now()
        if self._has_chosen:
            return pass_result.next_pass(
                work, export_watch.phase_of(work), UNTIL_CHOICE_IS_KEPT_SECONDS
            )
        wait = export_watch.wait_seconds(work, self._shown, now, random.random())
        budget = Budget(history_events, work.polling.age(now), work.deadline_seconds)
        wait = budget.stretch(wait)
        wake = export_watch.wake_of(work, now, wait) if budget.allows_wakes else None
        work = work.with_progress(export_watch.waiting(work.progress, now + wait))
        return pass_result.next_pass(work, export_watch.phase_of(work), wait, wake)

    def _choose(self) -> None:
        """Choose the snapshot that is exported, or wait until there is one.

        Raises:
            AwsError: when RDS did not answer.
        """
        work, now = self._work, clock.now()
        query = work.job.query
        if query is None:
            self.close(Phase.FAILED, Reason.NO_SNAPSHOT, "the job names no source")
            return
        choice = newest.choose(
            self._snapshots.of_database(query),
            query,
            account=self._snapshots.account,
            now=now,
            passed_over=work.progress.passed_over,
        )
        match choice:
            case newest.Chosen(arn, data_at):
                logger.info("snapshot chosen", source=arn)
                measures.count_progress(None, arn)
                self._work = work.chosen(arn, data_at)
                self._has_chosen = True
            case newest.NoChoice() | newest.Await() if work.dry_run:
                self._end_dry_run(dry_run.foresee_without_snapshot(choice))
            case newest.NoChoice(phase, reason, why):
                self.close(phase, reason, why)
            case newest.Await(why) if work.polling.age(now) >= work.deadline_seconds:
                self.close(Phase.FAILED, Reason.NO_SNAPSHOT, why)
            case newest.Await(why):
                logger.info("waits for a snapshot", why=why)

    def _keeps_waiting_for_slot(self) -> bool:
        """Return whether the wait for a slot continues, and no export of its source runs.

        Raises:
            AwsError: when RDS did not answer.
        """
        work, now = self._work, clock.now()
        slot = work.progress.slot
        late = work.polling.age(now) >= work.deadline_seconds
        if slot is None or work.progress.throttles or late:
            return False
        running = self._rds.running()
        polled = export_slots.polled(slot, len(running), now)
        if polled is None or any(task.source_arn == work.job.arn for task in running):
            return False
        self._remember(export_watch.waiting_on(work.progress, polled))
        return True

    def _observe(self) -> None:
        self._tasks = self._rds.of_source(self._work.job.arn)

    def _step(self) -> Step:
        """Decide, and make the call that is due.

        Raises:
            ThrottlingException: the call had no effect.
            TransientError: the call may have had an effect.
            PermanentError: the call had no effect, and never will have.
        """
        self._restore_start()
        before, polling = self._work.progress, self._work.polling
        first_poll = self._work.first_poll
        decision = exports.decide(
            self._tasks,
            self._work.job,
            before,
            self._rds.destination,
            began_at=self._began_at,
            age=polling.age(clock.now()),
        )
        self._see(decision)
        if self._work.dry_run:
            self._end_dry_run(dry_run.foresee(decision, self._work))
            return Step.DONE
        match decision:
            case exports.Reached(task, reached):
                reason = export_watch.reason_of(reached, before, first_poll=first_poll)
                message = export_watch.message_of(task, reason)
                warnings = export_watch.warnings_of(task, before)
                self._complete(task, reason, message, warnings)
            case exports.Refuse(_, reason, why):
                self.close(Phase.FAILED, reason, why)
            case exports.TryAgain(task):
                logger.warning("export failed, tried again", export_task=task.task_id)
                self._notes.forget(task.task_id)
                self._remember(export_watch.tried_again(self._work.progress, task))
                return Step.DECIDE_AGAIN
            case exports.Queue(why):
                self._queue(why)
            case exports.Start(task_id):
                return self._start(task_id)
            case exports.Cancel(task):
                return self._cancel(task)
            case exports.Watch():
                pass
        return Step.DONE

    def _end_dry_run(self, foreseen: Foreseen) -> None:
        """End a dry run with what the request would do."""
        self.close(Phase.PLANNED, foreseen.reason, foreseen.message)
        self._work = self._work.foreseeing(foreseen)

    def _start(self, task_id: str) -> Step:
        """Start a task.

        Raises:
            ThrottlingException: nothing was started.
            TransientError: it may have been started, or not.
            PermanentError: nothing was started, and nothing will be.
        """
        job, before = self._work.job, self._work.progress
        if self._notes.record(task_id):  # an earlier pass, which was killed, may have started it
            before = export_watch.already_requested(before, task_id)
        self._remember(export_watch.requested(before, task_id))
        try:
            task = self._rds.start(task_id, job.arn, job.export_only)
        except ExportTaskLimitReachedException as error:
            self._not_started(task_id, before)
            self._queue(str(error), export_slots.refused(self._count_running(), clock.now()))
        except CapacityError as error:
            self._not_started(task_id, before)
            if self._source_is_gone():
                self._choose_another(task_id, error)
            else:
                self._queue(str(error))
        except ExportTaskAlreadyExistsException as error:
            return self._adopt(task_id, before, error)
        except ResourceNotFoundException as error:
            self._not_started(task_id, before)
            if job.query is None:
                raise
            self._choose_another(task_id, error)
        except (ThrottlingException, PermanentError):
            self._not_started(task_id, before)
            raise
        else:
            logger.info("export started", export_task=task_id)
            self._see(exports.Watch(task))
        return Step.DONE

    def _source_is_gone(self) -> bool:
        """Return whether the chosen snapshot, whose export RDS refused, is not available any more.

        Raises:
            AwsError: when RDS did not answer.
        """
        job = self._work.job
        if job.query is None:
            return False
        return not newest.is_available(job.arn, self._snapshots.of_database(job.query))

    def _choose_another(self, task_id: str, error: AwsError) -> None:
        """Let the next pass choose another snapshot, because the chosen one has disappeared.

        Not if an earlier start of the same task, which had no response, may have taken effect.
        """
        self._count_refusal(error)
        if self._work.progress.requested_task_id == task_id:
            return
        self._work = self._work.passed_over()
        gone = len(self._work.progress.passed_over)
        if gone > MAX_PASSED_OVER:
            why = f"{gone} snapshots disappeared between being chosen and being exported: {error}"
            self.close(Phase.FAILED, Reason.NO_SNAPSHOT, why)

    def _not_started(self, task_id: str, before: ExportProgress) -> None:
        """Undo the record of a start, unless an earlier one may have taken effect."""
        self._remember(before)
        if before.requested_task_id != task_id:
            self._notes.forget(task_id)

    def _count_running(self) -> int | None:
        """Return how many exports run, None if RDS does not respond: the count is optional."""
        try:
            return len(self._rds.running())
        except AwsError as error:
            logger.warning("running exports not counted", error=str(error))
            return None

    def _restore_start(self) -> None:
        """Restore from the job's note that it started a task.

        A function that was killed after RDS accepted a start left no other trace.

        Raises:
            AwsError: when the table did not answer.
        """
        job, progress = self._work.job, self._work.progress
        if job.target is not ExportTarget.COMPLETE or progress.requested_task_id is not None:
            return
        found = exports.to_adopt(self._tasks, job, progress, self._rds.destination, self._began_at)
        if found is not None and self._notes.holds(found.task_id):
            self._remember(export_watch.already_requested(progress, found.task_id))

    @property
    def _began_at(self) -> float:
        return self._work.polling.started_at or clock.now()

    def _adopt(self, task_id: str, before: ExportProgress, error: AwsError) -> Step:
        """Decide again with the task that has the identifier, or skip the identifier."""
        self._not_started(task_id, before)
        task = self._rds.find(task_id)
        if task is None:
            if before.requested_task_id == task_id:
                self._count_refusal(error)
            else:
                self._remember(export_watch.identifier_skipped(before))
            return Step.DONE
        if task.source_arn != self._work.job.arn:
            taken = f"{task_id} is taken by an export of {task.source_arn}"
            self.close(Phase.FAILED, Reason.IDENTIFIER_COLLISION, taken)
            return Step.DONE
        self._tasks = (*self._tasks, task)
        return Step.DECIDE_AGAIN

    def _cancel(self, task: ExportTask) -> Step:
        """Cancel a task.

        Raises:
            ThrottlingException: nothing was canceled.
            TransientError: it may have been canceled, or not.
            PermanentError: nothing was canceled, and nothing will be.
        """
        before = self._work.progress
        self._remember(export_watch.cancel_requested(before))
        try:
            canceling = self._rds.cancel(task.task_id)
        except (InvalidExportTaskStateException, ResourceNotFoundException) as error:
            self._remember(before)
            self._count_refusal(error)
            self._observe()
            return Step.DECIDE_AGAIN
        except (ThrottlingException, PermanentError):
            self._remember(before)
            raise
        else:
            logger.info("export cancel accepted", export_task=task.task_id)
            self._see(exports.Watch(canceling))
        return Step.DONE

    def _complete(
        self, task: ExportTask | None, reason: Reason, message: str, warnings: tuple[str, ...]
    ) -> None:
        """End the export, unless the next pass has to replace the pointer to it."""
        pointed = self._point_to(task)
        if pointed is None:
            return
        files = self._files_of(task)
        if files is not None and self._pointers is not None:
            files["pointer"] = pointed.key
        self.close(Phase.COMPLETE, reason, message, (*warnings, *pointed.warnings), files)

    def _point_to(self, task: ExportTask | None) -> Pointed | None:
        """Replace the pointer to the latest export; None if the next pass has to try again."""
        if self._pointers is None or not self._is_result(task):
            return Pointed()
        try:
            return self._pointers.point_to(task, clock.now())
        except AwsError as error:
            logger.warning("pointer not replaced", error=str(error), export_task=task.task_id)
            failures = self._work.progress.pointer_failures
            if isinstance(error, TransientError) and failures < MAX_POINTER_FAILURES:
                self._remember(export_watch.pointer_failed(self._work.progress))
                return None
            return Pointed(warnings=(f"the pointer to it was not replaced: {error}",))

    def _is_result(self, task: ExportTask | None) -> TypeGuard[ExportTask]:
        """Return whether a task is the export that the job's target asks for."""
        return task is not None and self._work.job.target is ExportTarget.COMPLETE

    def _files_of(self, task: ExportTask | None) -> FileDetails | None:
        """Return what the export's files say, if the target was COMPLETE."""
        if not self._is_result(task):
            return None
        return self._files.collect(export_watch.folder(task), task.task_id)

    def _queue(self, why: str, slot: SlotWait | None = None) -> None:
        logger.info("export queued", why=why)
        self._remember(export_watch.queued(self._work.progress, clock.now(), slot))

    def _count_refusal(self, error: AwsError) -> None:
        logger.warning("poll again", error=str(error))
        self._remember(export_watch.refused(self._work.progress))

    def _remember_throttle(self, error: ThrottlingException) -> None:
        logger.warning("throttled", error=str(error))
        self._remember(export_watch.throttled(self._work.progress))
        if self._work.progress.throttles >= exports.MAX_THROTTLES:
            self.fail(error)

    def _see(self, decision: exports.Decision) -> None:
        before = self._work.progress
        after = export_watch.seen(before, decision, first_poll=self._work.first_poll)
        self._shown = exports.task_of(decision)
        self._remember(after)
        measures.count_progress(export_watch.shown(before), export_watch.shown(after))
        if before.state != after.state:
            logger.info(
                "export changed state",
                export_task=after.task_id,
                before=before.state,
                after=after.state,
            )

    def _remember(self, progress: ExportProgress) -> None:
        self._work = self._work.with_progress(progress)
