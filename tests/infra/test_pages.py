"""What docs/ says of settings, findings, alarms and the dashboard is what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.monitoring import alarms
from infra.settings import Settings
from tests.infra.stack_parts import Template
from tools import generated, pages


def test_the_generated_parts_are_up_to_date(template: Template) -> None:
    assert list(pages.out_of_date(template)) == []


def test_what_is_out_of_date_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "DASHBOARD", tmp_path / "dashboard.svg")
    with pytest.raises(SystemExit) as ended:
        pages.main(["--check"])
    assert str(ended.value.code) == (
        "tools.pages: out of date: dashboard.svg; run `python -m tools.pages`"
    )
    assert list(tmp_path.iterdir()) == []
    pages.main([])
    pages.main(["--check"])


def test_only_what_stands_between_the_markers_is_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- part -->\nold\n<!-- /part -->\nbelow\n", encoding="utf-8")
    assert pages._with_part(page, "part", "new") == (
        "above\n<!-- part -->\nnew\n<!-- /part -->\nbelow\n"
    )


def test_every_setting_is_reported_with_its_default_and_an_error_that_names_it() -> None:
    rows = pages.settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    for name, row in zip(Settings.model_fields, rows, strict=True):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert cells[0] == f"`{name}`"
        assert cells[3].endswith(".")
        assert name in cells[5]


def test_every_alarm_is_reported(template: Template) -> None:
    table = pages.alarms_table(template)
    names = [alarm.name for alarm in alarms.every()]
    assert [line.split("`")[1] for line in table.splitlines()[2:]] == names


def test_the_picture_shows_every_graph_inside_its_page(template: Template) -> None:
    drawn = pages.picture(template)
    width, height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0])
    boxes = re.findall(r'class="graph" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', drawn)
    assert len(boxes) == drawn.count('class="title"') > 10
    for x, y, across, down in (tuple(map(int, box)) for box in boxes):
        assert x + across <= width
        assert y + down <= height
    assert "Are we throttled?" in drawn
    assert "Quota of the account: 1 a second" in drawn
