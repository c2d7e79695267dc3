"""A setting is read, or its absence reported by its name."""

from __future__ import annotations

import pytest

from lambdas.shared.environment import MissingSettingError, setting


def test_reads_a_setting():
    assert setting("EXPORT_PREFIX", {"EXPORT_PREFIX": ""}) == ""


def test_names_a_setting_that_is_missing():
    with pytest.raises(MissingSettingError, match="EXPORT_BUCKET"):
        setting("EXPORT_BUCKET", {})
