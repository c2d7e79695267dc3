"""When a snapshot is polled."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from lambdas.jobs.cadence import Pace

CREATING: Final = Pace(floor=30, cap=900, growth=0.5)
"""From minutes to hours, depending on how much has changed. An event ends the wait early."""

DELETING: Final = Pace(floor=10, cap=120, growth=0.5)
"""There is no event of a deleted DB cluster snapshot."""

BUSY: Final = Pace(floor=30, cap=300, growth=0.25)
"""A database that is not available may become so at any time."""

NAMED: Final = MappingProxyType({"creating": CREATING, "deleting": DELETING, "busy": BUSY})
