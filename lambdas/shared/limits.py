"""Every limit of a request, with its reason."""

from typing import Final

MAX_CAMPAIGNS_PER_REQUEST: Final = 250
MAX_EXPORTS_PER_REQUEST: Final = 15
MAX_SNAPSHOTS_PER_REQUEST: Final = 15
"""Created ones: as many as may be exported, and few of the 100 manual snapshots, each of DB
instances and of DB clusters, that a Region's quota allows. Source: RDS user guide, CHAP_Limits."""
MAX_JOBS_PER_REQUEST: Final = 50
MAX_STAGES_PER_REQUEST: Final = 20
MAX_REQUEST_BYTES: Final = 20 * 1024
"""Of the accepted request as JSON. Together these keep every payload below MAX_PAYLOAD_BYTES,
the longest texts and identifiers included."""

CAMPAIGNS_PER_BATCH: Final = 25
"""GetCampaignStateBatch takes 1 to 25 ids. Source: botocore, connectcampaigns and v2."""

MIN_DEADLINE_SECONDS: Final = 60
MAX_DEADLINE_SECONDS: Final = 90 * 86_400
DEFAULT_DEADLINE_SECONDS: Final = 3_600
"""For a campaign job, whose mutations take seconds."""
DEFAULT_WATCH_DEADLINE_SECONDS: Final = 30 * 86_400
"""For a campaign job that only watches."""
DEFAULT_EXPORT_DEADLINE_SECONDS: Final = 86_400
DEFAULT_SNAPSHOT_DEADLINE_SECONDS: Final = 86_400

MAX_EXPORT_ATTEMPTS: Final = 5

MAX_SNAPSHOT_AGE_SECONDS: Final = 366 * 86_400
"""Older data is named by its ARN."""

MAX_FAULTS_REPORTED: Final = 50
"""A rejection lists this many faults and gives the number of the others."""

MAX_DESCRIPTION_CHARACTERS: Final = 256
MAX_JOB_ID_CHARACTERS: Final = 32
"""Each of a job's resources repeats it."""

MAX_TEXT_BYTES: Final = 200
"""Of a message, a warning or a failure cause in an outcome, as JSON in UTF-8."""

MAX_CAUSE_BYTES: Final = 16 * 1024
"""Of an outcome's summary, which is the cause of a failed execution. Step Functions takes 32,768
characters (its API reference, ExecutionFailedEventDetails), but a clean-up has two outcomes."""

MAX_PAYLOAD_BYTES: Final = 256 * 1024
"""Of any state's input or output, and of an event. Source: Step Functions service quotas."""

RETRIES_WHEN_THROTTLED: Final = 10
"""By Step Functions, of a throttled read. A reconciler tries a throttled mutation as often."""

RETRIES_WHEN_UNAVAILABLE: Final = 6
"""By Step Functions, of a function that AWS did not answer. After as many, `ResolveJobs` fails the
jobs that need the answer, so that their siblings run."""

OUTLIVES_EXECUTION_SECONDS: Final = 90
"""How long after the end of an execution what one of its functions does may take effect: a cold
start of at most 10 seconds, the 60 after which Lambda ends the function, and a last call that is
still on its way to AWS."""
