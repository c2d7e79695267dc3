"""The alarms: when each is in ALARM, what it means, and what to do; also in docs/operations.md."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aws_cdk import Duration

from lambdas.jobs.kind import Kind
from lambdas.jobs.registry import KINDS

A_QUARTER_HOUR: Final = Duration.minutes(15)
AN_HOUR: Final = Duration.hours(1)
POLLS_COME_WITHIN: Final = Duration.hours(3)
"""The longest wait between two polls of a job with the longest deadline; see lambdas/jobs/
history.py. Polls of a day's deadline are fifteen minutes apart at most."""


class Alarm(NamedTuple):
    """One alarm.

    Attributes:
        name: after the stack's.
        above: what its metric has to exceed.
        periods: consecutive ones.
        means: what happened.
        do: what to do about it.
    """

    name: str
    above: float
    periods: int
    means: str
    do: str


EXECUTIONS_FAILED: Final = Alarm(
    "ExecutionsFailed",
    above=0,
    periods=1,
    means="A request failed; rejected ones do not count.",
    do="Read its summary on the dashboard or in the execution's cause. Fix what it names, and send"
    " the same request again: what has reached its target stays as it is.",
)
EXECUTIONS_TIMED_OUT: Final = Alarm(
    "ExecutionsTimedOut",
    above=0,
    periods=1,
    means="A request ran for a year.",
    do="The clean-up has published its outcome, and undone what its jobs' on_abort says. Find out"
    " why its jobs had no deadline that ended them.",
)
EXECUTIONS_ABORTED: Final = Alarm(
    "ExecutionsAborted",
    above=0,
    periods=1,
    means="An execution was stopped.",
    do="CloudTrail names the caller of StopExecution. What the execution had begun goes on, except"
    " for what its jobs' on_abort undoes. The clean-up has published its outcome.",
)
JOB_TOO_OLD: Final = Alarm(
    "JobTooOld",
    above=43_200,
    periods=1,
    means="A job that is to change something has run for more than twelve hours.",
    do="List the machine's running executions, oldest first; its children name the job. An export"
    " that makes progress is only large; one that waits for a slot needs other exports to end.",
)
NO_PROGRESS: Final = Alarm(
    "NoProgress",
    above=0,
    periods=6,
    means="For six hours, jobs have polled, and no resource has changed.",
    do="Check the exports in the RDS console. Cancel one that hangs in STARTING, or those that"
    " occupy all five slots needlessly; otherwise the job's deadline ends it.",
)
COORDINATION_THROTTLED: Final = Alarm(
    "CoordinationThrottled",
    above=10,
    periods=3,
    means="More than ten calls of the table or of Step Functions were throttled in each of three"
    " periods of five minutes.",
    do="Waits time out anyway, so nothing is lost. Check the quotas of the table and the account.",
)
FUNCTIONS_FAILING: Final = Alarm(
    "FunctionsFailing",
    above=0,
    periods=2,
    means="A function fails for a reason that is not retried: a bug, a timeout, or memory.",
    do="Read the stack trace in its log. Roll back, then send the requests again that have failed"
    " since.",
)
WAITS_NOT_STORED: Final = Alarm(
    "WaitsNotStored",
    above=0,
    periods=2,
    means="The table did not store the tokens of waits, so no event can end these waits early.",
    do="Polls continue, so only time is lost. Check the cause of TaskFailed in a child's history:"
    " the state machine's permissions on the table and its key, or the table's quotas. The metric"
    " counts for the account and Region: other state machines that store tokens count too.",
)
UNDELIVERED_EVENTS: Final = Alarm(
    "UndeliveredEvents",
    above=0,
    periods=1,
    means="An event reached no execution and no function.",
    do="The message's attributes say which rule and why. Remove the cause, then start an execution"
    " with the message's body, and delete the message.",
)
FAILED_INVOCATIONS: Final = Alarm(
    "FailedInvocations",
    above=0,
    periods=1,
    means="A function that an event invoked failed three times.",
    do="The message holds the event and the error. Executions poll anyway, so only time is lost;"
    " remove the cause, and delete the message.",
)
FAILED_CLEAN_UPS: Final = Alarm(
    "FailedCleanUps",
    above=0,
    periods=1,
    means="A clean-up failed: exports may still run, campaigns may still be paused, and snapshots"
    " may be left.",
    do="The message's detail holds the error. Remove the cause, start an execution with the"
    " message's body, and delete the message.",
)
LOST_EVENTS: Final = Alarm(
    "LostEvents",
    above=0,
    periods=1,
    means="An event reached neither its target nor a dead-letter queue, and is lost.",
    do="Compare the policies of the queue and of the stack's key with the template. Send the"
    " requests again that were put on the bus meanwhile, and start clean-ups of aborted executions"
    " manually.",
)


def throttled(kind: Kind[Any, Any]) -> Alarm:
    """Return the alarm of a kind's calls that are throttled."""
    return Alarm(
        f"{kind.title}Throttled",
        above=10,
        periods=3,
        means=f"More than ten calls of {kind.limit.plural} were throttled in each of three periods"
        " of five minutes.",
        do="The quota is the account's: find out what else makes these calls. Requests continue,"
        " later.",
    )


def every() -> tuple[Alarm, ...]:
    """Return every alarm of the stack."""
    of_all = tuple(value for value in globals().values() if isinstance(value, Alarm))
    return (*of_all, *map(throttled, KINDS))
