"""When people are woken, what it means, and what to do: every alarm, and docs/operations.md."""

from __future__ import annotations

from typing import Final, NamedTuple

from aws_cdk import Duration

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
        periods: in a row.
        means: what has happened.
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
    do="Read its summary on the dashboard or in the execution's cause. Mend what it names, and send"
    " the same request again: what has reached its target stays as it is.",
)
EXECUTIONS_TIMED_OUT: Final = Alarm(
    "ExecutionsTimedOut",
    above=0,
    periods=1,
    means="A request ran for a year.",
    do="Its outcome was published by the clean-up, which also canceled its exports with on_abort"
    " cancel. Look up why its jobs had no deadline that ended them.",
)
EXECUTIONS_ABORTED: Final = Alarm(
    "ExecutionsAborted",
    above=0,
    periods=1,
    means="Somebody stopped an execution.",
    do="Ask who; CloudTrail names the caller of StopExecution. What it had begun goes on, but for"
    " exports with on_abort cancel. Its outcome, published by the clean-up, lists each resource.",
)
JOB_TOO_OLD: Final = Alarm(
    "JobTooOld",
    above=43_200,
    periods=1,
    means="A job that is to change something has been open for more than twelve hours.",
    do="List the machine's running executions, oldest first; its children name the job. An export"
    " that grows is only large; one that waits for a slot needs other exports to end.",
)
NO_PROGRESS: Final = Alarm(
    "NoProgress",
    above=0,
    periods=6,
    means="For six hours jobs were looked at, and no campaign or export changed.",
    do="Look at the exports in the RDS console. Cancel one that hangs in STARTING, or those that"
    " hold all five slots for nothing; the job's deadline ends it otherwise.",
)
CAMPAIGNS_THROTTLED: Final = Alarm(
    "CampaignsThrottled",
    above=10,
    periods=3,
    means="More than ten calls of campaigns were throttled in each five of fifteen minutes.",
    do="The quota is the account's: look for others who call it. Requests go on, later.",
)
EXPORTS_THROTTLED: Final = Alarm(
    "ExportsThrottled",
    above=10,
    periods=3,
    means="More than ten calls of exports were throttled in each five of fifteen minutes.",
    do="The quota is the account's: look for others who call RDS. Requests go on, later.",
)
COORDINATION_THROTTLED: Final = Alarm(
    "CoordinationThrottled",
    above=10,
    periods=3,
    means="More than ten calls of the table or of Step Functions were throttled in each five of"
    " fifteen minutes.",
    do="Waits end by themselves, so nothing is lost. Look at the table's and the account's quotas.",
)
FUNCTIONS_FAILING: Final = Alarm(
    "FunctionsFailing",
    above=0,
    periods=2,
    means="A function fails otherwise than to be retried: a bug, a time-out, or memory.",
    do="Read its log for the trace. Deploy what worked again, then send the requests again that"
    " failed meanwhile.",
)
WAITS_NOT_STORED: Final = Alarm(
    "WaitsNotStored",
    above=0,
    periods=2,
    means="The table did not take the tokens of waits, so that no event can end these waits early.",
    do="Polls go on, so that nothing is lost but time. Look at the cause of TaskFailed in a child's"
    " history: the machine's rights on the table and its key, or the table's quotas. The metric is"
    " that of the account's Region: another state machine that stores tokens so counts too.",
)
UNDELIVERED_EVENTS: Final = Alarm(
    "UndeliveredEvents",
    above=0,
    periods=1,
    means="An event reached no execution and no function.",
    do="The message's attributes say which rule and why. Remove the cause, then start an execution"
    " with the message's body.",
)
FAILED_INVOCATIONS: Final = Alarm(
    "FailedInvocations",
    above=0,
    periods=1,
    means="A function that an event invoked failed three times.",
    do="The message holds the event and the error. Executions look for themselves, so that nothing"
    " but time is lost; mend the cause, and delete the message.",
)
FAILED_CLEAN_UPS: Final = Alarm(
    "FailedCleanUps",
    above=0,
    periods=1,
    means="A clean-up failed: what an aborted request was to undo is not undone.",
    do="The message's detail says with which error. Remove the cause, start an execution with the"
    " message's body, and delete the message.",
)
LOST_EVENTS: Final = Alarm(
    "LostEvents",
    above=0,
    periods=1,
    means="An event reached neither its target nor a dead-letter queue, and is lost.",
    do="Compare the policies of the queue and of the stack's key with the template. Send again the"
    " requests that were put on the bus meanwhile, and clean up after aborted executions by hand.",
)
