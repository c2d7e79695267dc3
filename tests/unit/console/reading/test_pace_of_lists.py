"""How often the newest executions are listed for a page that stays open."""

from __future__ import annotations

from typing import Any, cast

from console.limits import QUOTAS, SHARE, Limits
from console.reading.executions import Executions
from tests.unit.console.page.fake_reading import STACK

HOUR = 3600.0
LIST = "ListExecutions"


class Aws:
    """Counts lists of nothing, which are refused beyond the quota."""

    def __init__(self, limits, clock):
        self.limits = limits
        self.listed_at = []
        self._clock = clock

    def call(self, _service, operation, **_):
        assert self.limits.take(operation), "the quota is spent"
        self.listed_at.append(self._clock())
        return {"executions": []}


def test_a_page_that_stays_open_keeps_within_the_quota_and_within_a_second():
    seconds = [0.0]

    def clock():
        return seconds[0]

    aws = Aws(Limits(clock), clock)
    executions = Executions(STACK, cast(Any, aws), cast(Any, None), clock, redriven=lambda _: None)
    while clock() < HOUR:
        assert executions.refresh()
        seconds[0] += 0.05

    gaps = [after - before for before, after in zip(aws.listed_at, aws.listed_at[1:], strict=False)]
    quota = QUOTAS[LIST]
    assert len(aws.listed_at) <= SHARE * (quota.bucket + HOUR * quota.per_second)
    assert max(gaps) <= 1.05
    assert min(gaps) <= 0.45, "at first, as often as the page asks"
    assert aws.limits.share_left(LIST) > 0.4, "some is left for what somebody waits for"
