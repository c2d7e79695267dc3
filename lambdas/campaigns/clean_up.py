"""The campaigns that an ended execution has left as its jobs changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.moves import Moves, NotedMove
from lambdas.campaigns.transitions import Move
from lambdas.campaigns.work import CampaignProgress, CampaignWork, Undoes
from lambdas.jobs.left_behind import LeftBehind
from lambdas.shared.environment import COORDINATION_TABLE, setting
from lambdas.shared.limits import CAMPAIGNS_PER_BATCH, DEFAULT_DEADLINE_SECONDS


class _Jobs(NamedTuple):
    """The jobs that have changed the same campaigns of an API version, in their order."""

    api_version: ApiVersion
    labels: tuple[str, ...]


def left_behind(execution_arn: str) -> tuple[LeftBehind, ...]:
    """Return the campaigns that must not stay as an execution left them, in batches.

    Raises:
        AwsError: when the table did not answer.
    """
    noted = Moves(setting(COORDINATION_TABLE)).of(execution_arn)
    return tuple(batches(execution_arn, (each for each in noted if each.restore_on_abort)))


def batches(execution_arn: str, noted: Iterable[NotedMove]) -> Iterator[LeftBehind]:
    """Yield the batches of campaigns to restore, each with the jobs that changed them.

    Args:
        execution_arn: of the execution that has ended.
        noted: what is to be undone, in the order in which it was done.
    """
    by_campaign: dict[tuple[ApiVersion, str], list[NotedMove]] = defaultdict(list)
    for each in noted:
        by_campaign[each.api_version, each.campaign_id].append(each)
    changed_by: dict[_Jobs, dict[str, Move]] = defaultdict(dict)
    for (api_version, campaign_id), moves in by_campaign.items():
        jobs = _Jobs(api_version, tuple(each.job for each in moves))
        changed_by[jobs][campaign_id] = in_one([each.move for each in moves])
    for jobs, campaigns in changed_by.items():
        rest = iter(campaigns.items())
        while batch := dict(islice(rest, CAMPAIGNS_PER_BATCH)):
            work = _work(execution_arn, jobs, batch)
            jobs_of = dict.fromkeys(batch, jobs.labels)
            yield LeftBehind(jobs_of, work, is_undone_after_abort_only=True)


def in_one(moves: list[Move]) -> Move:
    """Return one move for what several jobs did to a campaign one after the other.

    It is undone as if each job's was, the last one first. If one of them did not find the state
    that the job before it had asked for, another caller had changed the campaign in between; what
    was done before that is not undone.
    """
    whole = moves[-1]
    for earlier in reversed(moves[:-1]):
        if earlier.asked != whole.found:
            break
        whole = Move(found=earlier.found, asked=whole.asked, via=(earlier.asked, *whole.via))
    return whole


def _work(execution_arn: str, jobs: _Jobs, campaigns: dict[str, Move]) -> CampaignWork:
    return CampaignWork(
        kind="campaigns",
        key="",
        job_label=jobs.labels[-1],
        api_version=jobs.api_version,
        target=CampaignTarget.RESTORED,
        deadline_seconds=DEFAULT_DEADLINE_SECONDS,
        open={name: CampaignProgress(move=move) for name, move in campaigns.items()},
        undoes=Undoes(execution_arn=execution_arn, jobs=jobs.labels),
    )
