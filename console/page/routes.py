"""The paths of the page and of its API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.page.api import Api, Selection
from console.page.encoding import Json
from console.page.failures import BadRequest, failed, handler
from console.page.live import Live, Watch
from console.page.threads import Threads

STATIC: Final = Path(__file__).with_name("static")
MAX_LIMIT: Final = 200

Endpoint = Callable[[Request], Awaitable[Response]]
Read = Callable[[QueryParams], JsonValue]
Act = Callable[[JsonValue], JsonValue]


def application(api: Api, live: Live, threads: Threads) -> Starlette:
    """Return the page's application; `threads` run what may block."""
    routes = [
        *(
            Route(f"/{name}", _reading(read, threads), methods=["GET"])
            for name, read in _reads(api).items()
        ),
        *(
            Route(f"/{name}", _acting(act, threads), methods=["POST"])
            for name, act in _acts(api).items()
        ),
        Route("/live", _watching(api, live), methods=["GET"]),
    ]
    return Starlette(
        routes=[
            Mount("/api", routes=routes),
            Mount("/", StaticFiles(directory=STATIC, html=True, check_dir=False)),
        ],
        exception_handlers={HTTPException: handler},
    )


def _reads(api: Api) -> Mapping[str, Read]:
    return {
        "stack": lambda _: api.stack(),
        "requests": lambda query: api.requests(_selection(query)),
        "request": lambda query: api.request(_needed(query, "ref")),
        "events": lambda query: api.events(_needed(query, "arn"), query.get("page")),
        "slots": lambda _: api.slots(),
        "rates": lambda _: api.rates(),
        "why": lambda query: api.why(_needed(query, "ref")),
        "schema": lambda _: api.schema(),
        "examples": lambda _: api.examples(),
        "local": lambda _: api.local(),
    }


def _acts(api: Api) -> Mapping[str, Act]:
    return {
        "check": api.check,
        "start": api.start,
        "cancel": api.cancel,
        "again": api.again,
        "local/act": lambda body: api.control("act", body),
        "local/faults": lambda body: api.control("faults", body),
        "local/speed": lambda body: api.control("speed", body),
        "local/jump": lambda body: api.control("jump", body),
    }


def _reading(read: Read, threads: Threads) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return Json(await threads.run(partial(read, request.query_params)))
        except Exception as error:
            return failed(error)

    return endpoint


def _acting(act: Act, threads: Threads) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return Json(await threads.run(partial(act, _parsed(await request.body()))))
        except Exception as error:
            return failed(error)

    return endpoint


def _watching(api: Api, live: Live) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            messages = live.messages(_watches(api, request.query_params))
        except Exception as error:
            return failed(error)
        return StreamingResponse(messages, media_type="text/event-stream")

    return endpoint


def _watches(api: Api, query: QueryParams) -> dict[Watch, Callable[[], JsonValue]]:
    """Return what a connection watches: the list, the slots and the rates, unless it names less.

    With `ref` a request besides, with `local` the local AWS.
    """
    selection = _selection(query)
    watches: dict[Watch, Callable[[], JsonValue]] = {
        Watch("list", selection): lambda: api.requests(selection),
        Watch("slots"): api.slots,
        Watch("rates"): api.rates,
        Watch("local"): api.local,
    }
    wanted = query.getlist("watch") or ["list", "slots", "rates"]
    if unknown := set(wanted) - {watch.event for watch in watches}:
        raise BadRequest(f"watch: must be list, slots, rates or local; got {', '.join(unknown)}")
    watched = {watch: read for watch, read in watches.items() if watch.event in wanted}
    for reference in query.getlist("ref"):
        watched[Watch("request", reference)] = partial(api.request, reference)
    return watched


def _selection(query: QueryParams) -> Selection:
    limit = query.get("limit", str(Selection.limit))
    if not (limit.isdecimal() and 0 < int(limit) <= MAX_LIMIT):
        raise BadRequest(f"limit: must be a whole number from 1 to {MAX_LIMIT}")
    return Selection(
        status=query.get("status") or None,
        text=query.get("text") or None,
        page=query.get("page") or None,
        limit=int(limit),
    )


def _needed(query: QueryParams, name: str) -> str:
    value = query.get(name)
    if not value:
        raise BadRequest(f"{name}: is missing")
    return value


def _parsed(body: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"body: is not JSON: {error}") from error
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
