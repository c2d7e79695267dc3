"""One local AWS with its page, and one browser that shows it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from localcloud.orchestrator import LocalOrchestrator
from localcloud.page import page as served_page
from localcloud.world import World
from tests.browser.world import WORLD
from tests.processes import shared_processes
from tools import chromium

REQUIRED: Final = "REQUIRE_BROWSER"
"""Set where a missing browser is a failure."""

SPEED: Final = 300.0
"""An export of 20 minutes takes four seconds."""

SECONDS: Final = 20.0
"""What is waited for takes a moment; with the machine full of other tests, a longer one."""

Start = Callable[[object], str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=SECONDS * 1000)
    with ExitStack() as stack:
        try:
            launched = stack.enter_context(chromium.browser())
        except chromium.BrowserMissing as missing:
            (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(str(missing))
        yield launched


@dataclass(frozen=True)
class Console:
    """The local AWS, and the address of its page."""

    local: LocalOrchestrator
    address: str


@pytest.fixture(scope="module")
def console(browser: Browser) -> Iterator[Console]:
    with LocalOrchestrator(
        World.model_validate(WORLD), speed=SPEED, processes=shared_processes()
    ) as local:
        local.begin()
        with local.clock.released(), served_page(local.aws.endpoint) as line:
            address = re.search(r"http://\S+", line)
            assert address, line
            yield Console(local, address[0])


@pytest.fixture(scope="module")
def start(console: Console) -> Start:
    """Returns a function that starts a request as any other caller does."""
    client = console.local.aws.client("stepfunctions")

    def started(request: object) -> str:
        arn: str = client.start_execution(
            stateMachineArn=console.local.machine_arn, input=json.dumps(request)
        )["executionArn"]
        return arn

    return started


@dataclass
class Shown:
    """A page in the browser, and what went wrong in it.

    Attributes:
        elsewhere: requests to other origins.
        errors: what its console and its dialogs say.
    """

    page: Page
    origin: str
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._on_request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._on_dialog)
        self.page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if message.type in ("error", "warning") else None
            ),
        )

    def open(self, execution_arn: str, tab: str = "") -> None:
        self.go(f"#/request/{quote(execution_arn, safe='')}" + (f"/{tab}" if tab else ""))

    def go(self, place: str) -> None:
        self.page.evaluate("place => { location.hash = place }", place)

    def status(self) -> Any:
        return self.page.locator(".request-header .pill").first

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if f"{url.scheme}://{url.netloc}" != self.origin and url.scheme != "data":
            self.elsewhere.append(request.url)

    def _on_dialog(self, dialog: Any) -> None:
        self.errors.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="module")
def opened(browser: Browser, console: Console) -> Iterator[Shown]:
    url = urlsplit(console.address)
    context = browser.new_context(viewport={"width": 1360, "height": 860}, reduced_motion="reduce")
    shown = Shown(context.new_page(), f"{url.scheme}://{url.netloc}")
    shown.page.goto(console.address)
    yield shown
    context.close()


@pytest.fixture
def shown(opened: Shown) -> Iterator[Shown]:
    """The page as it opens; nothing may go wrong in it, nor be loaded from elsewhere."""
    opened.go("#/")
    yield opened
    opened.page.set_viewport_size({"width": 1360, "height": 860})
    opened.page.emulate_media(color_scheme="light")
    problems, opened.errors = opened.errors, []
    assert problems == []
    assert opened.elsewhere == []
    assert opened.page.evaluate("window.fired") is None
