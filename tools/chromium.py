"""The browser in which the page is tested and pictured: Debian's Chromium, without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

MISSING: Final = "Chromium is not installed; on Debian: apt-get install chromium"

_ARGUMENTS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissing(Exception):
    """There is no Chromium; the text says how to get one."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Run the browser while the context lasts.

    Raises BrowserMissing.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise BrowserMissing(MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        try:
            yield launched
        finally:
            launched.close()
