"""A waiting execution is found by what it waits for, in the order of those who wait for it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from lambdas.campaigns import batch as campaign_batch
from lambdas.campaigns.wakes import CAMPAIGNS
from lambdas.exports.progress import queued, wake_of
from lambdas.exports.slots import SlotWait
from lambdas.exports.wakes import EXPORT_SLOT, source_key
from lambdas.exports.work import ExportProgress
from lambdas.jobs.polling import Polling
from lambdas.waiting.handles import KEPT_AFTER_WAIT, Wake, wake
from tests.unit.builders import CLUSTER, NOW, SNAPSHOT, campaign_work, export_work


def orders(*moments: float) -> list[str]:
    return [wake("any", since, NOW, 30).order for since in moments]


def test_every_source_has_a_key_of_its_own_and_none_is_that_of_the_slots():
    sources = {source_key(SNAPSHOT), source_key(CLUSTER), source_key("export-slot-2")}
    assert len(sources | {EXPORT_SLOT, CAMPAIGNS}) == 5
    assert SNAPSHOT in source_key(SNAPSHOT)


def test_who_waited_first_is_first_in_the_order_of_texts():
    moments = [0.0, 9.9, 10.0, 999_999_999.5, NOW, NOW + 0.000_001, NOW + 0.1, NOW + 10, 9e9]
    assert orders(*moments) == sorted(orders(*moments))
    assert len(set(orders(*moments))) == len(moments)


def test_an_item_outlives_its_wait_and_not_by_much():
    assert wake("any", NOW - 500, NOW + 0.9, 30).expires_at == NOW + 30 + KEPT_AFTER_WAIT


def test_an_export_that_runs_waits_for_the_end_of_its_source():
    work = export_work(progress=ExportProgress(task_id="any-task", state="IN_PROGRESS"))
    assert wake_of(work, NOW, 30) == wake(source_key(SNAPSHOT), NOW, NOW, 30)


FULL = SlotWait(refused_at=NOW)


@pytest.mark.parametrize(("slot", "on"), [(None, source_key(SNAPSHOT)), (FULL, EXPORT_SLOT)])
def test_an_export_without_room_waits_where_room_is_made(slot, on):
    work = export_work(progress=queued(ExportProgress(), NOW, slot))
    assert wake_of(work, NOW, 30) == wake(on, NOW, NOW, 30)


def test_a_wait_that_timed_out_keeps_its_place_in_the_queue():
    progress = queued(queued(ExportProgress(), NOW, FULL), NOW + 500, FULL)
    now = NOW + 501
    assert wake_of(export_work(progress=progress), now, 30) == wake(EXPORT_SLOT, NOW, now, 30)


def test_who_waits_for_a_source_that_comes_free_goes_on_waiting_for_a_slot_from_then():
    progress = queued(queued(ExportProgress(), NOW), NOW + 9, FULL)
    assert wake_of(export_work(progress=progress), NOW + 9, 30).order == orders(NOW)[0]


@pytest.mark.parametrize("progress", [ExportProgress(), queued(ExportProgress(), NOW + 100)])
def test_every_wait_for_a_source_has_the_same_place_so_that_one_item_is_enough(progress):
    """Whether it waits until its own export ends or until the source comes free."""
    polling = Polling(started_at=NOW)
    waits = [
        wake_of(export_work(progress=progress, polling=polling.polled(now)), now, 30)
        for now in (NOW + 100, NOW + 200, NOW + 900)
    ]
    assert {(each.on, each.order) for each in waits} == {(source_key(SNAPSHOT), orders(NOW)[0])}


def test_every_wait_of_a_batch_has_the_same_place_so_that_one_item_is_enough():
    polling = Polling(started_at=NOW)
    waits = [
        campaign_batch.wake_of(campaign_work(polling=polling.polled(now)), now, 30)
        for now in (NOW, NOW + 100)
    ]
    assert waits == [wake(CAMPAIGNS, NOW, NOW, 30), wake(CAMPAIGNS, NOW, NOW + 100, 30)]
    assert waits[0].order == waits[1].order


def test_is_read_as_it_was_written():
    one = wake(EXPORT_SLOT, NOW, NOW, 30)
    as_json = TypeAdapter(Wake)
    assert as_json.validate_python(as_json.dump_python(one, mode="json")) == one
