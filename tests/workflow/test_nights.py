"""A schedule with a static input exports each night's snapshot once, and none that is stale."""

from __future__ import annotations

from pathlib import Path

from tests.properties.nights import KINDS, nights, spend


def test_each_night_exports_its_snapshot_once_or_says_that_there_is_none(assembly: Path) -> None:
    made = nights(len(KINDS), seed=1)
    assert spend(assembly, made) == sum(night.exported is not None for night in made)
