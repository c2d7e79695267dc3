"""The functions' settings, which the stack passes as environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

COORDINATION_TABLE: Final = "COORDINATION_TABLE"
CAMPAIGN_RATES: Final = "CAMPAIGN_RATES"
"""As JSON, false for no limit: see `rate_limit.quota.CampaignRates`."""

EXPORT_BUCKET: Final = "EXPORT_BUCKET"
EXPORT_PREFIX: Final = "EXPORT_PREFIX"
EXPORT_ROLE_ARN: Final = "EXPORT_ROLE_ARN"
EXPORT_KEY_ARN: Final = "EXPORT_KEY_ARN"
EXPORT_POINTERS: Final = "EXPORT_POINTERS"
"""Set if a COMPLETE export replaces the pointer of its source: see `exports.pointers`."""
SNAPSHOT_OWNER: Final = "SNAPSHOT_OWNER"
"""The value of the tag of the stack's own snapshots: see `snapshots.ownership`."""
SNAPSHOT_EXPORTS: Final = "SNAPSHOT_EXPORTS"
"""As JSON: see `requests.events.SnapshotExport`."""


class MissingSettingError(Exception):
    """An environment variable that the function needs is not set; the message names it."""


def is_set(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether an optional feature is on: its variable is set, to whatever value."""
    return name in environ


def setting(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a setting.

    Raises:
        MissingSettingError: when the variable is not set.
    """
    try:
        return environ[name]
    except KeyError:
        raise MissingSettingError(f"environment variable {name} is not set") from None
