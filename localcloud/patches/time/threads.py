"""The interpreter's threads take turns, and what they wait for passes in simulated time.

moto interprets a state machine with a thread for each execution, branch, item and task, which wait
for each other and for their timeouts in real time.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from types import SimpleNamespace

from localcloud.clock import Event, Thread
from localcloud.patches.patching import Patches, moto

_PACKAGE = "stepfunctions.parser"


def apply(patches: Patches) -> None:
    """Give the interpreter's modules threads, events and sleeps that go by the clock."""
    moto("stepfunctions.parser.models")  # imports all of them
    event = partial(Event, patches.clock)
    thread = partial(Thread, clock=patches.clock)
    shim = SimpleNamespace(Event=event, Thread=thread, Lock=threading.Lock, RLock=threading.RLock)
    patches.replace_everywhere(_PACKAGE, threading, shim)
    clock = SimpleNamespace(sleep=patches.clock.sleep, time=patches.clock.now)
    patches.replace_everywhere(_PACKAGE, time, clock)
    patches.replace_everywhere(_PACKAGE, threading.Event, event)
    patches.replace_everywhere(_PACKAGE, threading.Thread, thread)
