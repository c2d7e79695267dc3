"""What one run cost: its report, and what only the ledger records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.jobs.phases import Phase

States = Sequence[tuple[float, str]]
"""A resource's states, each with the simulated second of its beginning."""

Points = Sequence[tuple[float, float]]
"""Values, each with its simulated second."""


@dataclass(frozen=True)
class Measured:
    """A run that has ended; times in simulated seconds since the beginning.

    Attributes:
        report: as `python -m localcloud run --report` writes it.
        describes_at: the time of each DescribeExportTasks.
        states: by source.
        progress: PercentProgress by poll, of the fixed poller only.
    """

    report: Mapping[str, Any]
    describes_at: Sequence[float]
    states: Mapping[str, States]
    progress: Points = ()

    @property
    def describes(self) -> int:
        """DescribeExportTasks calls."""
        return int(self.report["calls"].get("DescribeExportTasks", 0))

    @property
    def starts(self) -> int:
        """StartExportTask calls, including refused ones."""
        return int(self.report["calls"].get("StartExportTask", 0))

    @property
    def transitions(self) -> int:
        """State transitions, including those of child executions and retries."""
        return int(self.report["state_transitions"])

    @property
    def invocations(self) -> int:
        """Invocations of all functions."""
        return sum(self.report["lambda_invocations"].values())

    @property
    def seconds(self) -> float:
        """From the requests' start to the end of the last execution."""
        return float(self.report["simulated_seconds"])

    @property
    def noticed_after(self) -> float:
        """The longest time from an export's end to its job's outcome; infinite if one has none."""
        times = [job["noticed_after_seconds"] for job in self.report["resources"]]
        return max((float("inf") if time is None else time for time in times), default=float("inf"))

    @property
    def passes(self) -> int:
        """Reconcile passes over batches of campaigns."""
        return int(self.report["lambda_invocations"].get("ReconcileCampaigns", 0))

    @property
    def reads(self) -> int:
        """Calls that read the states of campaigns, of many or of one."""
        calls = self.report["calls"]
        return int(calls.get("GetCampaignStateBatch", 0) + calls.get("GetCampaignState", 0))

    @property
    def reads_per_pass(self) -> float:
        """State reads per reconcile pass; infinite if there was none."""
        return self.reads / self.passes if self.passes else float("inf")

    @property
    def calls(self) -> int:
        """All calls that reached a simulator."""
        return sum(self.report["calls"].values())

    @property
    def percent_throttled(self) -> float:
        """The share of throttled calls."""
        return 100 * float(sum(self.report["throttled"].values())) / self.calls

    @property
    def mutation_span(self) -> float:
        """From the first accepted mutation of a campaign to the last one."""
        mutations = self.report["mutations"]
        return float((mutations["last_at_s"] or 0) - (mutations["first_at_s"] or 0))

    @property
    def exports_started(self) -> int:
        """Exports that were started."""
        return int(self.report["exports_started"])

    @property
    def most_at_once(self) -> int:
        """The most exports that ran at one moment."""
        return int(self.report["max_concurrent_exports"])

    @property
    def complete_jobs(self) -> int:
        """Jobs that reached their target."""
        return [job["phase"] for job in self.report["resources"]].count(Phase.COMPLETE)

    @property
    def failed_jobs(self) -> int:
        """Jobs that did not reach their target."""
        return len(self.report["resources"]) - self.complete_jobs

    @property
    def first_start_to_last_end(self) -> float:
        """From the first export's start to the last one's end."""
        moments = [at_s for states in self.states.values() for at_s, _ in states]
        return max(moments) - min(moments)
