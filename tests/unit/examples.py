"""How many examples a property tries: in the suite a part of what EXAMPLES=1 tries."""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import settings

SHARE: Final = float(os.environ.get("EXAMPLES", "0.4"))


def examples(count: int, **more: Any) -> settings:
    """Return the settings of a property that tries so many, times EXAMPLES."""
    return settings(max_examples=max(1, round(count * SHARE)), deadline=None, **more)
