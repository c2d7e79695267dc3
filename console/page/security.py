"""Who may use the page: the one who was shown its token, from the page itself.

Any website that the same browser shows can send requests to a port of this machine, also under a
name of its own that resolves to it. So every request must name this host, a request to the API must
have the token and not come from another origin, and one that acts must come from this origin.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.page.failures import Refused, failed

API: Final = "/api/"
MAX_BODY_BYTES: Final = (256 + 16) * 1024
"""An input of Step Functions (its service quotas), and what the page adds to it."""

_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_READS: Final = ("GET", "HEAD")
_OWN_SITES: Final = ("same-origin", "none")  # none: typed in, or opened by a program


class Guard:
    """An ASGI application around the page's, which receives only what it may serve.

    Cookies do not differ by port (RFC 6265, section 8.5): the name has it, because several pages
    may be open, and the path is the API's, because other servers of this machine receive it too.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._cookie = f"console-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                given.update(_HEADERS)
                is_of_api = path.startswith(API) or path == "/"
                # Files may be kept, but are asked for again: another version may be installed.
                given["cache-control"] = "no-store" if is_of_api else "no-cache"
            await send(message)

        query = QueryParams(scope["query_string"])
        try:
            self._check(scope["method"], path, headers)
            if path == "/" and "token" in query:
                self._check_token([query["token"]])
                app: ASGIApp = self._with_cookie(query)
            else:
                app = self._app
        except Refused as refusal:
            app = failed(refusal)
        await app(scope, _limited(receive), send_with_headers)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if host not in self._hosts:
            raise Refused(421, "OtherHost", f"This is {self._hosts[0]}, and no other host.")
        if not path.startswith(API):
            return
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
            raise Refused(403, "OtherOrigin", "Another site's requests are refused.")
        origin = headers.get("origin")
        if (origin is not None or method not in _READS) and origin != f"http://{host}":
            message = f"A request that acts needs the header Origin: http://{host}."
            raise Refused(403, "OtherOrigin", message)
        self._check_token(self._tokens(headers))
        if method not in _READS:
            _check_body(headers)

    def _tokens(self, headers: Headers) -> Iterable[str]:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            yield credentials.strip()
        for line in headers.getlist("cookie"):
            try:
                cookies = SimpleCookie(line)
            except CookieError:
                continue
            if self._cookie in cookies:
                yield cookies[self._cookie].value

    def _check_token(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            if hmac.compare_digest(token.encode(), self._token.encode()):
                return
        message = "Open the address with the token that the command printed."
        raise Refused(401, "NoToken", message)

    def _with_cookie(self, query: QueryParams) -> RedirectResponse:
        """Return the way to the page, without the token in its address and in the history."""
        rest = urlencode([item for item in query.multi_items() if item[0] != "token"])
        response = RedirectResponse(f"/?{rest}" if rest else "/", 303)
        response.set_cookie(
            self._cookie, self._token, path="/api", httponly=True, samesite="strict"
        )
        return response


def _check_body(headers: Headers) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(415, "NotJson", "The content type must be application/json.")
    length = headers.get("content-length", "")
    if length and not (length.isdecimal() and int(length) <= MAX_BODY_BYTES):
        raise _too_large()


def _limited(receive: Receive) -> Receive:
    """Return `receive` that fails once a body without a stated length is too long."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return limited


def _too_large() -> Refused:
    return Refused(413, "TooLarge", f"At most {MAX_BODY_BYTES} bytes are read.")
