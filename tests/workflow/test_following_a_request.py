"""docs/operations.md shows the log lines by which a request is followed."""

from __future__ import annotations

import json
from typing import Any

from infra.project import ROOT
from localcloud.cli import EXAMPLES
from localcloud.plain_world import plain_world
from tests.workflow.conftest import Orchestrate
from tests.workflow.snippets import section

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_a_request_is_followed_by_the_log_lines_of_the_page(orchestrate: Orchestrate) -> None:
    request = json.loads((EXAMPLES / "pause-export-restore.json").read_text("utf-8"))

    result = orchestrate(request, **plain_world([request]).model_dump(exclude_unset=True))

    lines = [json.loads(line) for line in result.logs if line.startswith("{")]
    followed = [line for line in lines if line.get("correlation_id") == "nightly-2026-11-20"]
    followed.sort(key=lambda line: line["timestamp"])
    # What different functions write at the same moment is in no order.
    for job in {job for job, _, _ in rows()}:
        shown = [row for row in rows() if row[0] == job]
        assert [described(line) for line in followed if line.get("job", "") == job] == shown


def rows() -> list[tuple[str, str, str]]:
    heads = "| job | message | |\n|---|---|---|\n"
    _, _, rest = section(PAGE, "Follow one request").partition(heads)
    lines = rest.partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [(job, message, more) for job, message, more in cells]


def described(line: dict[str, Any]) -> tuple[str, str, str]:
    parts = [line.get(name) for name in ("campaign_id", "export_task", "operation", "phase")]
    parts += [f"{name} {line[name]}" for name in ("stages", "before", "after") if line.get(name)]
    parts += [line.get("summary")]
    return line.get("job", ""), line["message"], ", ".join(part for part in parts if part)


def test_the_outcome_of_a_failed_request_is_the_input_of_its_last_state(
    orchestrate: Orchestrate,
) -> None:
    result = orchestrate({"kind": "campaigns", "campaign_ids": ["unknown"], "target": "PAUSED"})

    [last] = [event for event in result.histories[0] if event["type"] == "FailStateEntered"]
    assert json.loads(last["stateEnteredEventDetails"]["input"]) == {"outcome": result.outcome}
