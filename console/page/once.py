"""A click that is sent twice acts once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from console.page.failures import BadRequest

MAX_REMEMBERED: Final = 1_000


class Once:
    """Remembers the last clicks and what came of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clicks: OrderedDict[str, tuple[str, Future[str]]] = OrderedDict()

    def do(self, click: str, what: str, act: Callable[[], str]) -> str:
        """Act, or return what came of the same click; a failed one may be tried again.

        Raises BadRequest: the click was for something else.
        """
        with self._lock:
            before = self._clicks.get(click)
            if before is None:
                future: Future[str] = Future()
                self._clicks[click] = what, future
                if len(self._clicks) > MAX_REMEMBERED:
                    self._clicks.popitem(last=False)
        if before is not None:
            if before[0] != what:
                raise BadRequest("click: has been used for something else")
            return before[1].result()
        try:
            done = act()
        except BaseException as error:
            with self._lock:
                self._clicks.pop(click, None)
            future.set_exception(error)
            raise
        future.set_result(done)
        return done
