"""Requests in a few words: a verb, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from commandline.parser import ArgumentsError
from lambdas.campaigns.contract import CampaignTarget
from lambdas.exports.contract import ExportTarget
from lambdas.snapshots.contract import SnapshotTarget

CAMPAIGNS: Final = "campaigns"
EXPORT: Final = "export"
SNAPSHOT: Final = "snapshot"


class Verb(NamedTuple):
    """What a verb asks for.

    Attributes:
        kind: of its jobs.
        target: of its jobs.
        takes: what is named after it.
    """

    kind: str
    target: str
    takes: str
    does: str

    @property
    def summary(self) -> str:
        """What it takes and does, in one line."""
        return f"{self.takes:<17}{self.does}"


VERBS: Final = MappingProxyType(
    {
        "pause": Verb(CAMPAIGNS, CampaignTarget.PAUSED, "CAMPAIGN...", "pause campaigns"),
        "resume": Verb(
            CAMPAIGNS, CampaignTarget.RUNNING, "CAMPAIGN...", "start or resume campaigns"
        ),
        "stop": Verb(CAMPAIGNS, CampaignTarget.STOPPED, "CAMPAIGN...", "stop campaigns"),
        "delete": Verb(
            CAMPAIGNS, CampaignTarget.DELETED, "CAMPAIGN...", "stop and delete campaigns"
        ),
        "watch": Verb(
            CAMPAIGNS, CampaignTarget.FINISHED, "CAMPAIGN...", "wait until campaigns have ended"
        ),
        "export": Verb(
            EXPORT,
            ExportTarget.COMPLETE,
            "ARN|DATABASE...",
            "export a snapshot or cluster, or a database's newest snapshot",
        ),
        "cancel-export": Verb(
            EXPORT, ExportTarget.CANCELED, "ARN...", "cancel what exports a snapshot or cluster"
        ),
        "snapshot": Verb(
            SNAPSHOT, SnapshotTarget.AVAILABLE, "DATABASE...", "create a snapshot of a database"
        ),
    }
)


class Details(NamedTuple):
    """What is said besides a verb and its names; None and False for nothing."""

    deadline_seconds: int | None = None
    api_version: str | None = None
    cluster: bool = False


def request_of(name: str, things: Sequence[str], details: Details) -> dict[str, Any]:
    """Return the request that a verb and names stand for; whether it is valid is not checked.

    Raises:
        ArgumentsError: nothing is named, or a detail does not go with the verb.
    """
    verb = VERBS[name]
    if not things:
        raise ArgumentsError(f"{name} what? It takes {verb.takes}")
    if details.api_version is not None and verb.kind != CAMPAIGNS:
        raise ArgumentsError(f"--api-version is of campaigns, not for {name!r}")
    if details.cluster and name not in ("export", "snapshot"):
        raise ArgumentsError(f"--cluster is for 'export' and 'snapshot', not for {name!r}")
    common: dict[str, Any] = {"kind": verb.kind, "target": str(verb.target)}
    if details.deadline_seconds is not None:
        common["deadline_seconds"] = details.deadline_seconds
    if verb.kind == CAMPAIGNS:
        version = {"api_version": details.api_version} if details.api_version else {}
        return {**common, **version, "campaign_ids": list(things)}
    jobs = [{**common, **_named(name, thing, cluster=details.cluster)} for thing in things]
    return jobs[0] if len(jobs) == 1 else {"jobs": jobs}


def _named(verb: str, thing: str, *, cluster: bool) -> dict[str, Any]:
    database = {"db_cluster" if cluster else "db_instance": thing}
    if verb == "snapshot":
        return database
    if verb == "export" and not thing.startswith("arn:"):
        return {"source": database}
    return {"source_arn": thing}
