"""Takes the pictures of the console's page in docs/images: a scene on the local AWS."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from infra.project import ROOT
from localcloud.orchestrator import LocalOrchestrator
from localcloud.page import page as served_page
from localcloud.world import World
from tools.chromium import BrowserMissing, browser

IMAGES: Final = ROOT / "docs" / "images"

LAPTOP: Final[ViewportSize] = {"width": 1360, "height": 850}
TALL: Final[ViewportSize] = {"width": 1360, "height": 1800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
SPEED: Final = 60.0
MILLISECONDS: Final = 120_000

_SNAPSHOT: Final = "arn:aws:rds:us-east-1:123456789012:snapshot:"
_PAUSED: Final = ("winter-sale", "black-friday", "loyalty-renewal")
_FLEET: Final = tuple(f"spring-{number:03d}" for number in range(1, 251))

_WORLD: Final[Mapping[str, Any]] = {
    "campaigns": [{"id": one} for one in (*_PAUSED, *_FLEET)],
    "snapshots": [
        {"arn": f"{_SNAPSHOT}shop-nightly", "starting_s": 120, "export_s": 900},
        {"arn": f"{_SNAPSHOT}orders", "starting_s": 90, "export_s": 500},
        {"arn": f"{_SNAPSHOT}crm", "starting_s": 60, "export_s": 700},
        {"arn": f"{_SNAPSHOT}ledger", "starting_s": 150, "export_s": 800},
        {"arn": f"{_SNAPSHOT}stock", "starting_s": 60, "export_s": 1200},
        {
            "arn": f"{_SNAPSHOT}billing",
            "starting_s": 60,
            "outcome": "FAILED",
            "fails_in": "STARTING",
            "failure_cause": "The KMS key is disabled",
        },
    ],
    "faults": [
        {"operation": "PauseCampaign", "error": "ThrottlingException", "times": 1},
        {"operation": "StopCampaign", "error": "ThrottlingException", "rate": 0.1},
    ],
}


def _export(name: str) -> dict[str, Any]:
    return {
        "kind": "export",
        "source_arn": f"{_SNAPSHOT}{name}",
        "target": "COMPLETE",
        "on_abort": "cancel",
    }


_FAILING: Final = {
    "jobs": [_export("billing"), _export("crm")],
    "correlation_id": "month-end-exports",
    "description": "The ledgers of November",
}
_NIGHTLY: Final = {
    "stages": [
        {
            "jobs": [
                {
                    "id": "pause",
                    "kind": "campaigns",
                    "campaign_ids": _PAUSED,
                    "target": "PAUSED",
                    "on_abort": "restore",
                }
            ]
        },
        {"jobs": [_export(name) for name in ("shop-nightly", "orders", "ledger")]},
        {"run": "always", "jobs": [{"kind": "campaigns", "of": "pause", "target": "RESTORED"}]},
    ],
    "correlation_id": "nightly-2026-11-20",
    "description": "Pause the sales, export the shop, and let the sales go on",
}
_STOCK: Final = {**_export("stock"), "correlation_id": "stock-2026-11-20"}
_STOP_FLEET: Final = {
    "kind": "campaigns",
    "campaign_ids": _FLEET,
    "target": "STOPPED",
    "correlation_id": "spring-is-over",
    "description": "All campaigns of the spring stop",
}


def main() -> int:
    """Take all pictures; return the exit code."""
    try:
        with browser() as launched:
            _take(launched)
    except BrowserMissing as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    return 0


def _take(launched: Browser) -> None:
    with LocalOrchestrator(World.model_validate(_WORLD), speed=SPEED) as local:
        local.begin()
        with local.clock.released(), served_page(local.aws.endpoint) as line:
            address = re.search(r"http://\S+", line)
            if address is None:
                raise RuntimeError(line)
            _Scene(local, launched, address[0]).play()


class _Scene:
    """What happens, and when a picture is taken of it."""

    def __init__(self, local: LocalOrchestrator, launched: Browser, address: str) -> None:
        self._local = local
        self._launched = launched
        self._address = address

    def play(self) -> None:
        page = self._open(LAPTOP, "light")
        for request in (_FAILING, _STOCK, _NIGHTLY):
            self._start(request)
        self._choose(page, "nightly-2026-11-20")
        page.wait_for_function(_PERCENT_OF_THE_NIGHTLY_EXPORT)
        self._picture(page, "request")
        page.emulate_media(color_scheme="dark")
        page.get_by_role("tab", name="Graph").click()
        page.wait_for_selector(".graph .node-active")
        page.set_viewport_size(TALL)
        self._picture(page.locator(".graphs"), "graph")
        page.set_viewport_size(LAPTOP)
        phone = self._open(PHONE, "dark")
        self._choose(phone, "nightly-2026-11-20")
        phone.wait_for_selector(".timeline .row")
        self._picture(phone, "phone")
        page.emulate_media(color_scheme="light")
        self._local.clock.keep_pace(10 * SPEED)
        self._choose(page, "month-end-exports")
        page.wait_for_selector(".request-header .pill.tone-fail")
        page.wait_for_selector(".why .hint")
        self._picture(page, "failure")
        self._local.clock.keep_pace(SPEED / 3)
        self._start(_STOP_FLEET)
        self._choose(page, "spring-is-over")
        page.wait_for_function(_STOPPED)
        self._picture(page, "fleet")
        page.get_by_role("link", name="Start a request").click()
        page.get_by_label("Begin with").select_option("maintenance-window")
        page.get_by_role("button", name="Start…").click()
        page.get_by_role("dialog").wait_for()
        self._picture(page, "start")

    def _open(self, size: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
        page = self._launched.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
        page.set_default_timeout(MILLISECONDS)
        page.goto(self._address)
        return page

    def _start(self, request: object) -> None:
        self._local.aws.client("stepfunctions").start_execution(
            stateMachineArn=self._local.machine_arn, input=json.dumps(request)
        )

    def _choose(self, page: Page, name: str) -> None:
        page.locator(".item", has_text=name).first.click()
        page.get_by_role("heading", level=1, name=name).wait_for()

    def _picture(self, shown: Page | Locator, name: str) -> None:
        path = Path(IMAGES, f"console-{name}.png")
        shown.screenshot(path=path)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB", file=sys.stderr)


_PERCENT_OF_THE_NIGHTLY_EXPORT: Final = """() =>
    [...document.querySelectorAll('.percent')].some((one) => parseInt(one.textContent) >= 55)"""
_STOPPED: Final = "() => document.querySelectorAll('.block.tone-stop .cell').length >= 90"


if __name__ == "__main__":
    sys.exit(main())
