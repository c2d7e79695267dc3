"""When an export that is queued for a slot tries to start again."""

from __future__ import annotations

from typing import Final

from lambdas.shared.model import Internal

DOCUMENTED_SLOTS: Final = 5
"""Exports that RDS runs at the same time. Whether per account or per Region is not documented.
Source: RDS user guide, USER_ExportSnapshot."""

PATIENCE_SECONDS: Final = 1_800
"""After so long it tries again whatever the count is, because the count does not include all that
may take a slot, such as the exports of another Region."""


class SlotWait(Internal):
    """The state of a wait for a slot.

    Attributes:
        refused_at: epoch seconds at which RDS last refused a start.
        taken: exports that ran then, or the most that ran since: the number of slots, as far as
            this Region shows it.
        room_seen: whether the last poll saw a free slot, or was woken for one, and left it to
            those that have waited longer.
        poll_at: epoch seconds of the next poll; a pass before that was woken.
    """

    refused_at: float
    taken: int = DOCUMENTED_SLOTS
    room_seen: bool = False
    poll_at: float = 0.0


def refused(running: int | None, now: float) -> SlotWait:
    """Record that RDS refused a start for lack of a slot.

    Args:
        running: exports that run just after the refusal; None if they could not be counted.
        now: epoch seconds.
    """
    taken = DOCUMENTED_SLOTS if running is None else max(1, running)
    return SlotWait(refused_at=now, taken=taken)


def polled(wait: SlotWait, running: int, now: float) -> SlotWait | None:
    """Return the continued wait, or None if it is time to try again.

    The end of an export wakes the first in the queue, which may take the free slot at once. A
    scheduled poll that sees a free slot leaves it to that one, and takes it only if the next poll
    sees it too.

    Args:
        wait: the wait so far.
        running: exports that run now.
        now: epoch seconds.
    """
    woken = now < wait.poll_at
    room = running < wait.taken
    overdue = now - wait.refused_at >= PATIENCE_SECONDS
    if overdue or (room and (woken or wait.room_seen)):
        return None
    taken = max(wait.taken, running)
    return wait.replace(taken=taken, room_seen=room or woken)
