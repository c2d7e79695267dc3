"""When an export that is queued for one of the account's export slots asks RDS for it again."""

from __future__ import annotations

from typing import Final

from lambdas.shared.model import Internal

DOCUMENTED_SLOTS: Final = 5
"""Exports that RDS runs at a time. Whether per account or per Region is not documented.
Source: RDS user guide, USER_ExportSnapshot."""

PATIENCE_SECONDS: Final = 1_800
"""After so long RDS is asked again, whatever the count says: it cannot show all that takes a slot,
such as the exports of another Region."""


class SlotWait(Internal):
    """What is remembered of a wait for a slot.

    Attributes:
        asked_at: epoch seconds at which RDS last refused a slot.
        taken: exports that ran then, or that were seen to run since: as many as there are slots,
            as far as this Region shows them.
        room_seen: whether the last poll saw a free slot, or was told of one, and left it to those
            who have waited longer.
        poll_at: epoch seconds of the next poll; before that a job runs only because it was woken.
    """

    refused_at: float
    taken: int = DOCUMENTED_SLOTS
    room_seen: bool = False
    poll_at: float = 0.0


def refused(running: int | None, now: float) -> SlotWait:
    """Remember that RDS refused a slot.

    Args:
        running: exports that run just after the refusal; None where they could not be counted.
        now: epoch seconds.
    """
    taken = DOCUMENTED_SLOTS if running is None else max(1, running)
    return SlotWait(refused_at=now, taken=taken)


def polled(wait: SlotWait, running: int, now: float) -> SlotWait | None:
    """Return the wait as it goes on, or None when it is time to ask RDS.

    The end of an export wakes the first in the queue, which may take the free slot at once. A poll
    that finds it free leaves it to that one, and takes it only if the next poll finds it free too.

    Args:
        wait: as it was remembered.
        running: exports that run now.
        now: epoch seconds.
    """
    woken = now < wait.poll_at
    room = running < wait.taken
    overdue = now - wait.refused_at >= PATIENCE_SECONDS
    if overdue or (room and (woken or wait.room_seen)):
        return None
    taken = max(wait.taken, running)
    return wait.model_copy(update={"taken": taken, "room_seen": room or woken})
