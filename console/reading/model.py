"""What is known about requests, as people read it: the values that both faces show.

Times are ISO 8601, UTC, to the millisecond; null if not yet. What comes from AWS or from a request
(ids, names, messages) is text, to be shown as such.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

MarkType = Literal["poll", "throttle", "mutation", "retry", "error", "wake", "handover"]
EdgeType = Literal["next", "catch", "for_each"]

FROM: Any = Field(validation_alias=AliasChoices("from", "from_"), serialization_alias="from")
"""A field whose name in JSON is a keyword of Python."""


class View(BaseModel):
    """An immutable value with a JSON form."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True
    )

    def as_json(self) -> dict[str, Any]:
        """Return the value as JSON types."""
        return self.model_dump(mode="json")


class RequestSummary(View):
    """One request as a list shows it.

    Attributes:
        status: of its execution, AWS's word: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or
            PENDING_REDRIVE.
        phase: how far it is, or how it ended: IN_PROGRESS, COMPLETE, FAILED or PLANNED.
        reason: why it ended so, in one word.
        summary: the outcome in one line.
        cleans_up: the execution that this one cleans up after, null if it is no clean-up.
        read: whether its input and output have been read; if not, only the name, the status and
            the times are known yet.
    """

    execution_arn: str
    name: str
    correlation_id: str | None = None
    description: str | None = None
    status: str
    phase: str | None = None
    reason: str | None = None
    summary: str | None = None
    started_at: str
    ended_at: str | None = None
    dry_run: bool = False
    cleans_up: str | None = None
    read: bool = False


class RequestList(View):
    """One page of requests, the newest first.

    Attributes:
        next: the token of the next page, null after the last one.
        complete: whether every request of the page has been read.
    """

    requests: tuple[RequestSummary, ...] = ()
    next: str | None = None
    complete: bool = True


class PlannedJob(View):
    """One job of a request.

    Attributes:
        label: its id, or `stage.job`, both from 0: what `Resource.job` names.
        id: the one that the request gives it, null if none.
    """

    label: str
    id: str | None = None
    kind: str
    target: str


class Stage(View):
    """One stage of a request.

    Attributes:
        number: from 0.
        run: when it runs: `always` or `on_success`.
        phase: PENDING, IN_PROGRESS, COMPLETE, FAILED, SKIPPED or PLANNED.
    """

    number: int
    run: str
    phase: str
    jobs: tuple[PlannedJob, ...] = ()


class Wait(View):
    """What a resource waits for.

    Attributes:
        state_name: the state of the workflow that waits.
        reason: in words, such as `waits for a slot since 14:02, 5 of 5 in use`.
        until: when the wait ends at the latest, null if not known.
    """

    state_name: str
    reason: str
    since: str
    until: str | None = None


class Span(View):
    """How long a resource was in one state.

    Attributes:
        state: AWS's word, null while there is none, such as of an export that is queued.
        phase: the orchestrator's word at the time.
        to: null if it still is.
    """

    state: str | None = None
    phase: str
    from_: str = FROM
    to: str | None = None


class Mark(View):
    """Something that happened to a resource at one moment.

    A `handover` is the export of another execution that this one continues with.
    """

    at: str
    type: MarkType
    text: str


class Resource(View):
    """One resource of a job, in the order of the request.

    Attributes:
        job: the label of its job.
        id: such as a campaign id or the ARN of an export's source.
        name: its name for people, null if not known.
        phase: PENDING, QUEUED, IN_PROGRESS, DELETING, COMPLETE, FAILED or PLANNED; PENDING before
            its stage begins, too.
        state: AWS's word at the last poll, null before the first one.
        percent: of an export, how much of it is done.
        reason: why it ended so, in one word; null while it runs.
        would: the operations that a dry run would call.
        polls: how often it was polled.
        throttles: how often a call about it was throttled.
        wait: what it waits for now.
        marks: all but the oldest polls, of which there may be very many.
        child_arn: of the child execution that acts on it.
    """

    job: str
    kind: str
    id: str
    name: str | None = None
    target: str
    phase: str
    state: str | None = None
    initial_state: str | None = None
    percent: int | None = None
    reason: str | None = None
    message: str | None = None
    warnings: tuple[str, ...] = ()
    would: tuple[str, ...] | None = None
    polls: int = 0
    throttles: int = 0
    wait: Wait | None = None
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    child_arn: str | None = None
    started_at: str | None = None
    ended_at: str | None = None


class Child(View):
    """One child execution of RunJobs: one unit of work.

    Attributes:
        status: AWS's word, as of a request.
        stage: the number of its stage.
        visits: how often it entered each state.
    """

    execution_arn: str
    name: str
    status: str
    kind: str | None = None
    stage: int
    resource_ids: tuple[str, ...] = ()
    current_state: str | None = None
    visits: dict[str, int] = Field(default_factory=dict)
    started_at: str
    ended_at: str | None = None


class Step(View):
    """One visit of a state by the request's own execution, in order.

    Attributes:
        type: of the state: Task, Choice, Wait, Map, Succeed, Fail.
    """

    state_name: str
    type: str
    entered_at: str
    exited_at: str | None = None
    error: str | None = None
    cause: str | None = None


class Node(View):
    """One state of the workflow.

    Attributes:
        id: the state's name.
        type: Task, Choice, Wait, Map, Succeed, Fail.
        label: the state's name for people.
        child: whether it is a state of the child executions.
        visits: how often it was entered, by all executions.
        active: how many executions are in it now.
        failed: how often it failed.
    """

    id: str
    type: str
    label: str
    child: bool = False
    visits: int = 0
    active: int = 0
    failed: int = 0


class Edge(View):
    """One transition of the workflow.

    Attributes:
        from_: the id of a node.
        to: the id of a node.
        label: the condition or the errors, empty if there is only one way.
        type: `for_each` leads from RunJobs to the first state of its child executions.
    """

    from_: str = FROM
    to: str
    label: str = ""
    type: EdgeType = "next"


class Graph(View):
    """The state machine that the execution runs, with its visits."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


class Request(View):
    """Everything about one request.

    Attributes:
        input: the request as it was sent.
        steps: the states of its own execution, in order.
        outcome: as published, null before; of an execution that could not end by itself, its
            clean-up's.
        clean_up: the execution that cleans up after this one.
        waits_for: what the request waits for now, in one line.
        incomplete: what could not be read, in words.
    """

    summary: RequestSummary
    input: JsonValue = None
    stages: tuple[Stage, ...] = ()
    resources: tuple[Resource, ...] = ()
    steps: tuple[Step, ...] = ()
    children: tuple[Child, ...] = ()
    graph: Graph = Graph()
    outcome: JsonValue = None
    clean_up: RequestSummary | None = None
    waits_for: str | None = None
    incomplete: tuple[str, ...] = ()


class RunningExport(View):
    """One export that holds a slot, started by the orchestrator or by another caller."""

    task_id: str
    source_arn: str
    percent: int | None = None
    status: str


class Slots(View):
    """The account's export slots in this Region."""

    used: int
    limit: int
    exports: tuple[RunningExport, ...] = ()
    read_at: str


class Rate(View):
    """One rate limit that all executions share.

    Attributes:
        reserved_seconds: how far ahead calls are reserved; what asks now waits that long.
        slowed: whether it is below the setting after throttles by AWS.
    """

    name: str
    per_second: float
    burst: int
    reserved_seconds: float
    slowed: bool
    read_at: str


class Event(View):
    """One event of an execution's history.

    Attributes:
        state_name: the state that it belongs to, null if none.
        detail: as Step Functions returns it, JSON texts in it parsed.
    """

    id: int
    at: str
    type: str
    state_name: str | None = None
    detail: JsonValue = None


class EventPage(View):
    """One page of a history, the oldest first.

    Attributes:
        next: the token of the next page, null after the last one there is now.
    """

    events: tuple[Event, ...] = ()
    next: str | None = None


class Explanation(View):
    """Why a request failed, or what it waits for, in words.

    Attributes:
        hint: what to do about it, null if nothing is known.
    """

    headline: str
    lines: tuple[str, ...] = ()
    hint: str | None = None
