"""A setting is read, or its absence told by its name."""

from __future__ import annotations

import pytest

from lambdas.environment import MissingSettingError, looks_per_child, setting


def test_reads_a_setting():
    assert setting("EXPORT_PREFIX", {"EXPORT_PREFIX": ""}) == ""


def test_names_a_setting_that_is_missing():
    with pytest.raises(MissingSettingError, match="EXPORT_BUCKET"):
        setting("EXPORT_BUCKET", {})


def test_reads_what_the_environment_says_now(monkeypatch):
    monkeypatch.setenv("LOOKS_PER_CHILD", "7")
    assert looks_per_child() == 7
    monkeypatch.delenv("LOOKS_PER_CHILD")
    with pytest.raises(MissingSettingError, match="LOOKS_PER_CHILD"):
        looks_per_child()
