"""The only clock of the functions."""

import time


def now() -> float:
    """Return the current time in epoch seconds, UTC."""
    return time.time()


def sleep(seconds: float) -> None:
    """Block for a number of seconds."""
    time.sleep(seconds)
