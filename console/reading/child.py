"""The history of one child execution, as the history of each of its resources."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from console.reading.kinds import reader_of
from console.reading.kinds.reader import next_poll
from console.reading.model import Mark, MarkType, Resource, Span, Wait
from console.reading.observed import InWords, Observed, WaitFacts, key_of, observe
from console.reading.texts import clock_time
from console.reading.visits import RUNNING, Event, Failure, Visit, Visits, is_wake, payload_of
from lambdas.jobs.pass_result import PassResult, TaskError
from lambdas.jobs.phases import Phase
from lambdas.jobs.registry import AnyWork, ChildResult, UnknownKindError, kind_named
from lambdas.jobs.resource_result import Entry
from lambdas.jobs.work import Work
from lambdas.shared.texts import timestamp

MAX_POLL_MARKS: Final = 100
"""Of one resource, the latest: a child may poll more than a thousand times."""

THROTTLING: Final = "ThrottlingException"

_WORK: Final[TypeAdapter[Work]] = TypeAdapter(AnyWork)


@dataclass
class Track:
    """One resource so far; times in epoch seconds.

    Attributes:
        seen: as the last pass left it.
        entry: its result, None while it has none.
        waits: why it waits since the last pass.
    """

    seen: Observed
    phase: str
    entry: Entry | None = None
    throttles: int = 0
    waits: InWords = next_poll
    spans: list[Span] = field(default_factory=list)
    marks: list[tuple[int, Mark]] = field(default_factory=list)
    polls: deque[tuple[int, Mark]] = field(default_factory=lambda: deque(maxlen=MAX_POLL_MARKS))
    marked: int = 0

    def mark(self, at: float, kind: MarkType, text: str) -> None:
        """Add a mark."""
        into = self.polls if kind == "poll" else self.marks
        into.append((self.marked, Mark(at=timestamp(at), type=kind, text=text)))
        self.marked += 1

    def be(self, at: float, state: str | None, phase: str) -> None:
        """Begin another span if the state or the phase has changed."""
        last = self.spans[-1] if self.spans else None
        if last is not None and (last.state, last.phase) == (state, phase):
            return
        self.close(at)
        self.spans.append(Span(state=state, phase=phase, from_=timestamp(at)))

    def close(self, at: float) -> None:
        """End the last span."""
        if self.spans and self.spans[-1].to is None:
            self.spans[-1] = self.spans[-1].model_copy(update={"to": timestamp(at)})

    def all_marks(self) -> tuple[Mark, ...]:
        """Return its marks in order."""
        return tuple(mark for _, mark in sorted((*self.marks, *self.polls), key=itemgetter(0)))


class ChildHistory:
    """One child execution, read from its events.

    Attributes:
        visits: its states.
        work: as it was before its last pass, None if this version cannot read it.
        tracks: its resources by key, in the order of the work.
        unreadable: why its work or its passes could not be read, None if they could.
    """

    def __init__(self, execution_arn: str) -> None:
        self.execution_arn = execution_arn
        self.visits = Visits(keeps_all=False)
        self.key: str = ""
        self.kind: str | None = None
        self.job: str = ""
        self.work: Work | None = None
        self.tracks: dict[str, Track] = {}
        self.unreadable: str | None = None
        self._wait_seconds = 0

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.execution_arn.rpartition(":")[2]

    @property
    def stage(self) -> int:
        """The number of its stage, which its key begins with."""
        number = self.key.partition(".")[0]
        return int(number) if number.isdecimal() else 0

    def apply(self, event: Event) -> None:
        """Add the next event."""
        at = event["timestamp"].timestamp()
        failure = self.visits.apply(event)
        if event["type"] == "ExecutionStarted":
            self._begin(self.visits.given)
        elif event["type"] == "ExecutionSucceeded":
            self._finish(self.visits.output, at)
        elif event["type"].startswith("Execution") and self.visits.status != RUNNING:
            for track in self.tracks.values():
                track.close(at)
        elif failure is not None:
            self._failed(failure)
        elif is_wake(event):
            self._mark_open(at, "wake", "an event ended the wait")
        elif (payload := payload_of(event)) is not None:
            self._passed(payload, at)

    def _begin(self, given: str | None) -> None:
        work = json.loads(given or "{}").get("work", {})
        self.key, self.kind = str(work.get("key", "")), work.get("kind")
        try:
            self.work = _WORK.validate_python(work)
        except (ValidationError, UnknownKindError) as error:
            self._cannot_read(error)
            return
        self.job = self.work.job_label
        self.tracks = {
            key: Track(seen, Phase.IN_PROGRESS) for key, seen in observe(self.work).items()
        }

    def _finish(self, output: str | None, at: float) -> None:
        """Take the results; the last pass has them, unless its function failed."""
        try:
            result = ChildResult.model_validate_json(output or "{}")
        except (ValidationError, UnknownKindError) as error:
            self._cannot_read(error)
            return
        self._end_all(result.entries, at)
        if result.error is not None:
            self._fail_open(result.error, at)

    def _fail_open(self, error: TaskError, at: float) -> None:
        """Fail what has no result as the plan does."""
        if self.work is None:
            return
        failed = self.work.fail_all(reason=error.error, message=error.message, now=at)
        self._end_all(failed.entries, at)

    def _passed(self, payload: Mapping[str, Any], at: float) -> None:
        """Compare the work before and after a pass."""
        if self.work is None:
            return
        try:
            result: PassResult = ChildResult.model_validate(payload)
        except (ValidationError, UnknownKindError) as error:
            self._cannot_read(error)
            return
        before, after = self.work, result.work
        self._wait_seconds = result.wait_seconds
        if after is None:
            self._end_all(result.entries, at)
            return
        self._end_all(after.entries, at)
        reader, known = reader_of(after.kind), observe(before)
        for key, seen in observe(after).items():
            track = self.tracks.get(key)
            if track is None or key not in known:
                continue
            phase = reader.phase(after, key) or result.phase
            if seen.polls > track.seen.polls:
                track.mark(at, "poll", _poll_text(seen, phase))
            for happened in reader.happened(before, after, key):
                track.mark(at, happened.type, happened.text)
            track.throttles += reader.throttles(before, after, key)
            track.waits = reader.waits(before, after, key)
            track.seen, track.phase = seen, phase
            track.be(at, seen.state, phase)
        self.work = after

    def _end_all(self, entries: Iterable[Entry], at: float) -> None:
        if self.work is None:
            return
        for entry in entries:
            track = self.tracks.get(key_of(self.work, entry.id))
            if track is None or track.entry is not None:
                continue
            state = state_of(entry)
            if entry.polls > track.seen.polls:
                track.mark(at, "poll", state or "does not exist")
            if entry.phase is Phase.FAILED:
                track.mark(at, "error", f"{entry.reason}: {entry.message}")
            track.be(at, state, entry.phase)
            track.close(at)
            track.entry = entry
            track.phase = entry.phase

    def _failed(self, failure: Failure) -> None:
        kind: MarkType = "throttle" if failure.error == THROTTLING else "retry"
        message = TaskError(Error=failure.error, Cause=failure.cause).message
        for track in self._open():
            track.throttles += kind == "throttle"
            track.mark(failure.at, kind, f"{failure.error}: {message}")

    def _mark_open(self, at: float, kind: MarkType, text: str) -> None:
        for track in self._open():
            track.mark(at, kind, text)

    def _open(self) -> Iterator[Track]:
        return (track for track in self.tracks.values() if track.entry is None)

    def _cannot_read(self, error: Exception) -> None:
        problem = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        self.unreadable = f"child execution {self.name}: {problem}"

    def next_pass_at(self) -> float | None:
        """Return when its wait ends at the latest, in epoch seconds, None if it does not wait."""
        current = self.visits.current
        if current is None or not self._is_wait():
            return None
        return current.entered_at + self._wait_seconds

    def may_be_woken(self) -> bool:
        """Return whether an event may end its wait before that."""
        current = self.visits.current
        return current is not None and current.type == "Task"

    def _is_wait(self) -> bool:
        current = self.visits.current
        if current is None or self.work is None:
            return False
        is_token_wait = (
            current.type == "Task" and current.state_name != kind_named(self.work.kind).task
        )
        return current.type == "Wait" or is_token_wait

    def resources(self, now: float, mutations_per_second: float | None) -> Iterator[Resource]:
        """Yield its resources as they are at `now`, in epoch seconds.

        Args:
            now: for the words of their waits.
            mutations_per_second: of campaigns, None if it is not known.
        """
        facts = WaitFacts(
            until=clock_time(self.next_pass_at() or now, now),
            at=lambda moment: clock_time(moment, now),
            mutations_per_second=mutations_per_second,
        )
        for track in self.tracks.values():
            yield self._resource(track, facts)

    def _resource(self, track: Track, facts: WaitFacts) -> Resource:
        entry, seen = track.entry, track.seen
        started_at = self.visits.started_at
        return Resource(
            job=self.job,
            kind=self.kind or "",
            id=entry.id if entry else seen.id,
            name=entry.name if entry else seen.name,
            target=seen.target,
            phase=track.phase,
            state=state_of(entry) if entry else seen.state,
            initial_state=entry.initial_state if entry else seen.initial_state,
            percent=entry.details.get("percent_progress") if entry else seen.percent,
            reason=entry.reason if entry else None,
            message=entry.message if entry else None,
            warnings=entry.warnings if entry else (),
            would=entry.would if entry else None,
            polls=entry.polls if entry else seen.polls,
            throttles=track.throttles,
            wait=None if entry else self._wait(track, facts),
            spans=tuple(track.spans),
            marks=track.all_marks(),
            child_arn=self.execution_arn,
            started_at=timestamp(started_at) if started_at is not None else None,
            ended_at=entry.ended_at if entry else None,
        )

    def _running_pass(self, current: Visit, facts: WaitFacts) -> Wait | None:
        if current.type != "Task":
            return None
        return Wait(
            state_name=current.state_name,
            reason=reader_of(self.kind or "").passes(facts),
            since=timestamp(current.entered_at),
        )

    def _wait(self, track: Track, facts: WaitFacts) -> Wait | None:
        current = self.visits.current
        if current is None or self.visits.status != RUNNING:
            return None
        until = self.next_pass_at()
        if until is not None:
            return Wait(
                state_name=current.state_name,
                reason=track.waits(facts),
                since=timestamp(current.entered_at),
                until=timestamp(until),
            )
        if current.failure is None:
            return self._running_pass(current, facts)
        what = "throttled" if current.failure.error == THROTTLING else current.failure.error
        return Wait(
            state_name=current.state_name,
            reason=f"{what}; Step Functions tries again",
            since=timestamp(current.failure.at),
        )


def state_of(entry: Entry) -> str | None:
    """Return the state at the last poll; a dry run's entry has the one that it would lead to."""
    return entry.initial_state if entry.phase is Phase.PLANNED else entry.final_state


def _poll_text(seen: Observed, phase: str) -> str:
    state = seen.state or phase
    return state if seen.percent is None else f"{state}, {seen.percent} %"
