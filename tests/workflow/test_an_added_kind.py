"""A kind that is added by its folder and a few lines runs beside the existing ones."""

from __future__ import annotations

import json
from pathlib import Path

from tests.added_kind.product import run


def test_a_job_of_an_added_kind_runs_to_its_target_on_the_deployed_stack(
    product: Path, tmp_path: Path
) -> None:
    timer = {"kind": "timer", "name": "tea", "seconds": 40, "target": "RUNG"}
    campaigns = {"kind": "campaigns", "campaign_ids": ["sale"], "target": "PAUSED"}
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"jobs": [timer, campaigns]}), encoding="utf-8")
    printed = run(product, "-m", "localcloud", "run", str(request))

    outcome = json.loads(printed)
    ends = [(e["kind"], e["id"], e["reason"], e["final_state"]) for e in outcome["resources"]]
    assert ends == [
        ("timer", "tea", "TimeElapsed", "Rung"),
        ("campaigns", "sale", "TargetReached", "Paused"),
    ]
    assert outcome["resources"][0]["polls"] >= 3
