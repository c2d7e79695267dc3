"""Outbound campaigns as a pure model: states, legal transitions, changes over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from localcloud.simulators.errors import SimulatedError
from localcloud.world import ApiVersion, Campaign

DELETED = "Deleted"
"""The ledger's word for a campaign that no longer exists; not a state of AWS."""

_ACTIVE = frozenset({"Running", "Paused"})
_ENDED = frozenset({"Completed", "Stopped", "Failed"})

# AWS documents only that a stopped campaign cannot be resumed (admin guide, campaign states);
# the rest follows from the operations' meanings.
_TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "StartCampaign": (frozenset({"Initialized"}), "Running"),
    "PauseCampaign": (frozenset({"Running"}), "Paused"),
    "ResumeCampaign": (frozenset({"Paused"}), "Running"),
    "StopCampaign": (_ACTIVE, "Stopped"),
}

OnCampaignChange = Callable[[float, str, str], None]
"""Called with the world second, the campaign's id and its new state."""


@dataclass
class LiveCampaign:
    """A campaign as it is now; `gone_at` is set once its deletion has been accepted."""

    spec: Campaign
    state: str
    running_since: float | None = None
    ran_s: float = 0.0
    gone_at: float | None = None
    changed_at: float = 0.0

    def enter(self, state: str, now: float) -> None:
        """Change state, and add up the time spent Running."""
        if self.running_since is not None:
            self.ran_s += now - self.running_since
        self.running_since = now if state == "Running" else None
        self.state = state
        self.changed_at = now

    def next_change(self) -> tuple[float, str] | None:
        """Return when its next change over time is due, and to which state."""
        if self.gone_at is not None:
            return self.gone_at, DELETED
        return min(self._ends(), default=None)

    def _ends(self) -> Iterator[tuple[float, str]]:
        if self.running_since is not None:
            full = self.running_since - self.ran_s
            if self.spec.completes_after_s is not None:
                end = "Completed" if self.spec.api_version == "v2" else "Stopped"
                yield full + self.spec.completes_after_s, end
            if self.spec.fails_after_s is not None:
                yield full + self.spec.fails_after_s, "Failed"
        if self.spec.schedule_end_s is not None and self.state not in _ENDED:
            yield self.spec.schedule_end_s, "Completed"


class Campaigns:
    """All campaigns of both API versions; times are world seconds."""

    def __init__(self, specs: Iterable[Campaign], on_change: OnCampaignChange) -> None:
        self._specs = {spec.id: spec for spec in specs}
        self._campaigns: dict[str, LiveCampaign] = {}
        self._on_change = on_change
        self._later = [spec for spec in self._specs.values() if spec.exists_from_s > 0]
        for spec in self._specs.values():
            if spec.exists_from_s <= 0:
                self._add(spec, spec.state, now=0.0)

    def advance(self, now: float) -> None:
        """Make the changes that are due by now."""
        for spec in sorted(self._later, key=lambda spec: spec.exists_from_s):
            if spec.exists_from_s <= now:
                self._later.remove(spec)
                if spec.id not in self._campaigns:
                    self._add(spec, spec.state, spec.exists_from_s)
                    self._on_change(spec.exists_from_s, spec.id, spec.state)
        for campaign in list(self._campaigns.values()):
            while (change := campaign.next_change()) is not None and change[0] <= now:
                self._enter(campaign, change[1], change[0])
                if campaign.state == DELETED:
                    del self._campaigns[campaign.spec.id]
                    break

    def next_due(self) -> float | None:
        """Return when a campaign's next change over time is due."""
        changes = (campaign.next_change() for campaign in self._campaigns.values())
        due = [change[0] for change in changes if change is not None]
        return min([*due, *(spec.exists_from_s for spec in self._later)], default=None)

    def all(self, version: ApiVersion | None = None) -> list[LiveCampaign]:
        """Return the campaigns of one API version, or all."""
        return [
            campaign
            for campaign in self._campaigns.values()
            if version in (None, campaign.spec.api_version)
        ]

    def find(self, version: ApiVersion, campaign_id: str) -> LiveCampaign | None:
        """Return a campaign, None if that API version has none of this id."""
        campaign = self._campaigns.get(campaign_id)
        return campaign if campaign and campaign.spec.api_version == version else None

    def get(self, version: ApiVersion, campaign_id: str) -> LiveCampaign:
        """Return a campaign.

        Raises:
            SimulatedError: ResourceNotFoundException.
        """
        campaign = self.find(version, campaign_id)
        if campaign is None:
            raise _not_found(campaign_id)
        return campaign

    def mutate(self, operation: str, version: ApiVersion, campaign_id: str, now: float) -> None:
        """Perform Start, Pause, Resume, Stop or DeleteCampaign.

        Raises:
            SimulatedError: unknown, being deleted, or in a state that forbids it.
        """
        campaign = self.get(version, campaign_id)
        if operation == "DeleteCampaign":
            self._delete(campaign, now)
            return
        if campaign.gone_at is not None:
            raise SimulatedError("ConflictException", "The campaign is being deleted.")
        legal_from, to = _TRANSITIONS[operation]
        if campaign.state not in legal_from:
            raise SimulatedError(
                "InvalidCampaignStateException",
                f"{operation} is not valid for a campaign in state {campaign.state}.",
                state=campaign.state,
            )
        self._enter(campaign, to, now)

    def act(self, operation: str, campaign_id: str, now: float) -> None:
        """Perform a world action: a mutation, FailCampaign or CreateCampaign.

        Raises:
            SimulatedError: as `mutate` does; the world has no such campaign.
        """
        if campaign_id not in self._specs:
            raise _not_found(campaign_id)
        if operation == "FailCampaign":
            self._fail(campaign_id, now)
        elif operation == "CreateCampaign":
            self._create(campaign_id, now)
        else:
            self.mutate(operation, self._specs[campaign_id].api_version, campaign_id, now)

    def _fail(self, campaign_id: str, now: float) -> None:
        """Make a campaign fail, unless it has ended or is being deleted."""
        campaign = self._campaigns.get(campaign_id)
        if campaign and campaign.gone_at is None and campaign.state not in _ENDED:
            self._enter(campaign, "Failed", now)

    def _create(self, campaign_id: str, now: float) -> None:
        """Create a campaign again unless it exists; a schedule that has ended is left out."""
        if campaign_id in self._campaigns:
            return
        spec = self._specs[campaign_id]
        if spec.schedule_end_s is not None and spec.schedule_end_s <= now:
            spec = spec.model_copy(update={"schedule_end_s": None})
        self._add(spec, "Initialized", now)
        self._on_change(now, campaign_id, "Initialized")

    def _add(self, spec: Campaign, state: str, now: float) -> None:
        campaign = LiveCampaign(spec, state)
        campaign.enter(state, now)
        self._campaigns[spec.id] = campaign

    def _enter(self, campaign: LiveCampaign, state: str, now: float) -> None:
        campaign.enter(state, now)
        self._on_change(now, campaign.spec.id, state)

    def _delete(self, campaign: LiveCampaign, now: float) -> None:
        if campaign.gone_at is not None:
            return
        # "Only campaigns in Initialized, Failed, Completed, or Stopped states are valid" (v2
        # DeleteCampaign); "You can also delete a campaign at any time" (admin guide, v1 era).
        documented = "accept" if campaign.spec.api_version == "v1" else "ValidationException"
        rule = campaign.spec.delete_while_active or documented
        if campaign.state in _ACTIVE and rule != "accept":
            raise SimulatedError(
                rule,
                f"A campaign in state {campaign.state} cannot be deleted.",
                state=campaign.state,
                illegal=True,
            )
        campaign.gone_at = now + campaign.spec.deletion_s
        self.advance(now)


def _not_found(campaign_id: str) -> SimulatedError:
    return SimulatedError(
        "ResourceNotFoundException", f"There is no campaign with id {campaign_id}."
    )
