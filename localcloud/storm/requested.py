"""What the requests of a scenario ask for, read from their JSON alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.storm.scenario import Json, Scenario


@dataclass(frozen=True)
class Asked:
    """A job.

    Attributes:
        number: of its request.
        label: what the outcome calls it.
        stage: its place in the request.
        runs_always: whether its stage runs in any case.
        campaigns: the ids of campaigns that it may be about; of a selection, all that could match.
        base: the job that it restores, None for another target.
    """

    number: int
    label: str
    stage: int
    runs_always: bool
    job: Json
    campaigns: frozenset[str]
    base: Asked | None = None

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.job["kind"])

    @property
    def target(self) -> str:
        """Its target."""
        return str(self.job["target"])

    def mutations(self) -> frozenset[str]:
        """Return the campaign mutations that it may need."""
        if self.base is not None:
            return _UNDOES[self.base.target]
        return _DOES.get(self.target, frozenset())


_DOES = {
    "RUNNING": frozenset({"StartCampaign", "ResumeCampaign"}),
    "PAUSED": frozenset({"PauseCampaign"}),
    "STOPPED": frozenset({"StopCampaign"}),
    "DELETED": frozenset({"StopCampaign", "DeleteCampaign"}),
}
_UNDOES = {
    "RUNNING": frozenset({"PauseCampaign"}),
    "PAUSED": frozenset({"ResumeCampaign"}),
}


def jobs(scenario: Scenario, *, dry: bool = False) -> list[Asked]:
    """Return the jobs of all requests, or of the dry runs among them."""
    found: list[Asked] = []
    for number, sent in enumerate(scenario.sent):
        if bool(sent.request.get("dry_run")) == dry:
            found += jobs_of(scenario, number)
    return found


def jobs_of(scenario: Scenario, number: int) -> list[Asked]:
    """Return the jobs of one request."""
    found: dict[str, Asked] = {}
    for place, stage in enumerate(scenario.sent[number].request["stages"]):
        for nth, job in enumerate(stage["jobs"]):
            label = job.get("id", f"{place}.{nth}")
            found[label] = Asked(
                number=number,
                label=label,
                stage=place,
                runs_always=stage.get("run") == "always",
                job=job,
                campaigns=frozenset(_campaigns(scenario, job, found)),
                base=found[job["of"]] if job["target"] == "RESTORED" else None,
            )
    return list(found.values())


def _campaigns(scenario: Scenario, job: Json, earlier: dict[str, Asked]) -> Iterator[str]:
    if job["kind"] != "campaigns":
        return
    if "of" in job:
        yield from earlier[job["of"]].campaigns
    yield from job.get("campaign_ids", ())
    select = job.get("select")
    if select is None:
        return
    for campaign in scenario.world.get("campaigns", ()):
        if campaign.get("api_version", "v2") == job.get("api_version", "v2") and _may_match(
            campaign, select
        ):
            yield campaign["id"]


def _may_match(campaign: Json, select: Json) -> bool:
    """Return whether a campaign matches a selection in some state."""
    tags = campaign.get("tags") or {}
    return (
        select.get("instance_id") in (None, campaign.get("instance_id"))
        and str(campaign.get("name", campaign["id"])).startswith(select.get("name_prefix", ""))
        and all(tags.get(key) == value for key, value in (select.get("tags") or {}).items())
    )
