"""A schedule with a static input exports each night's snapshot once, and none that is stale.

`NIGHTS=100 pytest tests/workflow/test_nights.py` passes more nights than the suite.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.workflow.nights import KINDS, nights, spend

NIGHTS = int(os.environ.get("NIGHTS", str(len(KINDS))))
SEED = int(os.environ.get("SEED", "1"))


def test_each_night_exports_its_snapshot_once_or_says_that_there_is_none(assembly: Path) -> None:
    made = nights(NIGHTS, SEED)
    assert spend(assembly, made) == sum(night.exported is not None for night in made)
