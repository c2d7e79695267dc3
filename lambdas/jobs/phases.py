"""The orchestrator's words for progress; AWS's own are states and statuses."""

from enum import StrEnum


class Phase(StrEnum):
    """How far a job, or one of its resources, is on the way to its target."""

    PENDING = "PENDING"
    """Waits for a snapshot of its database that is young enough."""
    QUEUED = "QUEUED"
    """Waits for one of the account's export slots, until no other export reads its source, or until
    its database is available."""
    IN_PROGRESS = "IN_PROGRESS"
    DELETING = "DELETING"
    """Only waits until the last campaigns, or the snapshot, no longer exist."""
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    PLANNED = "PLANNED"
    """Of a dry run: read, and nothing was changed."""


class Reason(StrEnum):
    """Why a resource ended as it did."""

    TARGET_REACHED = "TargetReached"
    ALREADY_THERE = "AlreadyThere"
    ALREADY_GONE = "AlreadyGone"
    ENDED_BY_ITSELF = "EndedByItself"
    UNTOUCHED = "Untouched"
    """The job that was to be undone did not change the campaign."""
    CHANGED_SINCE = "ChangedSince"
    """Another caller has changed the campaign since the job that was to be undone."""
    NOTHING_SELECTED = "NothingSelected"
    NOTHING_TO_CANCEL = "NothingToCancel"
    FINISHED_BEFORE_CANCEL = "FinishedBeforeCancel"

    TOO_MANY_SELECTED = "TooManySelected"
    ILLEGAL_TRANSITION = "IllegalTransition"
    CAMPAIGN_FAILED = "CampaignFailed"
    CAMPAIGN_NOT_FOUND = "CampaignNotFound"
    """It did not exist when it was first read."""
    CAMPAIGN_GONE = "CampaignGone"
    """It existed when it was first read."""
    BEING_DELETED = "BeingDeleted"
    LOST_RACE = "LostRace"
    DELETION_UNFINISHED = "DeletionUnfinished"
    QUOTA_EXCEEDED = "QuotaExceeded"
    UNKNOWN_STATE = "UnknownState"
    UNREADABLE = "Unreadable"
    NO_ANSWER = "NoAnswer"

    EXPORT_FAILED = "ExportFailed"
    EXPORT_CANCELED = "ExportCanceled"
    EXPORT_VANISHED = "ExportVanished"
    DATABASE_NOT_FOUND = "DatabaseNotFound"
    SNAPSHOT_FAILED = "SnapshotFailed"
    SNAPSHOT_GONE = "SnapshotGone"
    """It existed at an earlier poll."""
    IDENTIFIER_COLLISION = "IdentifierCollision"
    NO_SNAPSHOT = "NoSnapshot"
    ENGINE_NOT_EXPORTABLE = "EngineNotExportable"
    OTHER_DATABASE = "OtherDatabase"
    """The snapshot of an event is not one of the database that the job names."""

    DEADLINE_EXCEEDED = "DeadlineExceeded"
    EXECUTION_ABORTED = "ExecutionAborted"
    EXECUTION_TIMED_OUT = "ExecutionTimedOut"
    EXECUTION_FAILED = "ExecutionFailed"
    STAGE_SKIPPED = "StageSkipped"
    JOB_LOST = "JobLost"
    UNKNOWN_KIND = "UnknownKind"
    """The state machine has no loop for the work: it is older or newer than the functions."""
