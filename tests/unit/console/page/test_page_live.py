"""What is sent of what changes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from console.errors import AwsUnavailable
from console.page.live import Live, Watch
from console.page.threads import Threads

LIST, SLOTS = Watch("list"), Watch("slots")


def quick():
    """Return what polls without a pause."""
    return Live(Threads(2), poll_seconds=0.001)


class Changing:
    """Something that is read, and changes."""

    def __init__(self, value):
        self.value = value
        self.reads = 0
        self.error = None

    def read(self):
        self.reads += 1
        if self.error is not None:
            raise self.error
        return self.value


class Reading(NamedTuple):
    """Something that is read by a function."""

    read: Callable[[], object]


class Connection:
    """One connection, whose messages a test takes one after another."""

    def __init__(self, of, **watches):
        self._messages = of.messages({Watch(name): one.read for name, one in watches.items()})

    async def next(self):
        """Return the next message that is not a heartbeat: its event and its data."""
        async with asyncio.timeout(10):
            async for message in self._messages:
                assert message.endswith("\n\n")
                lines = message.split("\n")[:-2]
                if lines[0].startswith("event: "):
                    event, data = lines
                    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))
        return None

    async def close(self):
        await self._messages.aclose()


async def reads(one, more):
    """Wait until something has been read a number of times more."""
    wanted = one.reads + more
    async with asyncio.timeout(10):
        while one.reads < wanted:
            await asyncio.sleep(0)


def run(test):
    """Run a test on an event loop."""

    def on_a_loop():
        asyncio.run(test())

    on_a_loop.__name__ = test.__name__
    return on_a_loop


@run
async def test_what_is_there_is_sent_and_then_only_what_changed():
    of, one = quick(), Changing({"used": 1, "read_at": "first"})
    connection = Connection(of, slots=one)

    assert await connection.next() == ("slots", {"used": 1, "read_at": "first"})
    one.value = {"used": 1, "read_at": "second"}
    await reads(one, 3)
    one.value = {"used": 2, "read_at": "third"}
    assert await connection.next() == ("slots", {"used": 2, "read_at": "third"})
    await connection.close()


@run
async def test_connections_share_a_poller_which_ends_with_the_last_of_them():
    of, one = quick(), Changing([])
    first, second = Connection(of, list=one), Connection(of, list=one)
    assert await first.next() == await second.next() == ("list", [])
    assert of.watched == {LIST}

    await first.close()
    assert of.watched == {LIST}
    one.value = [1]
    assert await second.next() == ("list", [1])
    await second.close()

    assert of.watched == frozenset()
    async with asyncio.timeout(10):
        while asyncio.all_tasks() != {asyncio.current_task()}:
            await asyncio.sleep(0)


@run
async def test_who_comes_later_gets_what_is_known_without_another_read():
    of, one = Live(Threads(2), poll_seconds=100), Changing(1)
    first = Connection(of, list=one)
    await first.next()

    second = Connection(of, list=one)

    assert await second.next() == ("list", 1)
    assert one.reads == 1
    await first.close()
    await second.close()


@run
async def test_a_slow_connection_gets_the_latest_of_each_thing_only():
    of, one, other = quick(), Changing(0), Changing("same")
    connection = Connection(of, list=one, slots=other)
    assert {(await connection.next())[0] for _ in range(2)} == {"list", "slots"}
    for value in range(1, 50):
        one.value = value
        await reads(one, 2)

    assert await connection.next() == ("list", 49)
    one.value = 50
    assert await connection.next() == ("list", 50)
    await connection.close()


@run
async def test_an_error_is_a_message_until_it_is_over():
    of, one = quick(), Changing(1)
    connection = Connection(of, list=one)
    await connection.next()

    one.error = AwsUnavailable("no network")
    assert await connection.next() == (
        "problem",
        {"of": "list", "error": {"code": "AwsUnavailable", "message": "no network"}},
    )
    await reads(one, 3)
    one.error = None
    assert await connection.next() == ("list", 1), "although it is what it was before"
    await connection.close()


def test_an_error_that_nobody_expected_is_logged_once(caplog):
    async def follow():
        of, one = quick(), Changing(float("nan"))
        connection = Connection(of, list=one)
        event, problem = await connection.next()
        await reads(one, 3)
        assert (event, problem["error"]["code"]) == ("problem", "InternalError")
        one.value = 1
        assert await connection.next() == ("list", 1)
        await connection.close()

    asyncio.run(follow())
    assert caplog.text.count("the page's server failed") == 1


@run
async def test_one_thing_that_is_slow_does_not_hold_up_another():
    goes_on = threading.Event()
    numbers = count()
    connection = Connection(
        quick(), list=Reading(lambda: next(numbers)), slots=Reading(lambda: goes_on.wait(10))
    )

    for _ in range(3):
        assert (await connection.next())[0] == "list"
    goes_on.set()
    while (await connection.next())[0] != "slots":
        pass
    await connection.close()


@run
async def test_a_connection_that_has_nothing_to_send_is_kept_alive():
    messages = Live(Threads(2), heartbeat_seconds=0.001).messages({LIST: lambda: 1})

    assert await anext(messages) == "retry: 1000\n\n"
    async with asyncio.timeout(10):
        assert ":\n\n" in [await anext(messages) for _ in range(10)]
    await messages.aclose()


@run
async def test_text_that_looks_like_the_protocol_stays_data():
    text = "x\n\nevent: list\r\ndata: y\u2028\u202e\ud800"
    connection = Connection(quick(), list=Changing({"name": text}))

    assert await connection.next() == ("list", {"name": text})
    await connection.close()


@run
async def test_the_end_of_the_server_ends_its_connections():
    of = quick()
    connection = Connection(of, list=Changing(1))
    await connection.next()

    of.close()

    assert await connection.next() is None
    assert await Connection(of, list=Changing(1)).next() in (("list", 1), None)
    assert of.watched == frozenset()
