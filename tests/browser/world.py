"""What exists in the local AWS that the page is tested on."""

from __future__ import annotations

from typing import Any, Final

FLEET: Final = tuple(f"spring-{number:03d}" for number in range(1, 251))
SNAPSHOT: Final = "arn:aws:rds:us-east-1:123456789012:snapshot:"

MARKUP: Final = "<img/src=x/onerror=window.fired=1>\"'`&lt;\u202egnp"
"""A campaign id that v1 allows: markup, quotes, and a mark that turns the direction of text."""

CAUSE: Final = f"<script>window.fired=1</script> {MARKUP} " + "x" * 10_000
"""Of a failed export, as the simulated RDS returns it."""

WORLD: Final[dict[str, Any]] = {
    "campaigns": [
        {"id": "winter-sale"},
        *({"id": f"watched-{number}"} for number in range(3)),
        {"id": "kept-running"},
        {"id": MARKUP, "api_version": "v1"},
        *({"id": one} for one in FLEET[:20]),
        *({"id": one, "state": "Stopped"} for one in FLEET[20:]),
    ],
    "databases": [{"id": "shop"}],
    "snapshots": [
        {"arn": f"{SNAPSHOT}shop-nightly"},
        {"arn": f"{SNAPSHOT}long", "export_s": 86_400},
        {"arn": f"{SNAPSHOT}broken", "outcome": "FAILED", "failure_cause": CAUSE},
    ],
    "faults": [{"operation": "GetCampaignStateBatch", "error": "ThrottlingException", "times": 1}],
}
