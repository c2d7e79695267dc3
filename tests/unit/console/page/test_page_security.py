"""Who may use the page."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from console.page.api import Api
from console.page.live import Live
from console.page.routes import application
from console.page.security import MAX_BODY_BYTES, Guard
from console.page.threads import Threads
from tests.unit.console.page.fake_reading import FakeReading, connection, summary

TOKEN = "the-token"
PORT = 4711
ORIGIN = f"http://127.0.0.1:{PORT}"
JSON = {"content-type": "application/json"}
CHECK = '{"request": {}}'

THREADS = Threads(2)


@pytest.fixture
def reading():
    return FakeReading(summary("one"))


@pytest.fixture
def page(reading):
    app = application(Api(connection(reading)), Live(THREADS), THREADS)
    return TestClient(Guard(app, TOKEN, PORT), base_url=ORIGIN, follow_redirects=False)


@pytest.fixture
def opened(page):
    """The page as the browser has it after its address was opened."""
    assert page.get(f"/?token={TOKEN}").status_code == 303
    return page


def post(page, path="/api/check", content=CHECK, **headers):
    return page.post(path, content=content, headers={**JSON, "origin": ORIGIN, **headers})


def test_the_address_with_the_token_sets_a_cookie_for_this_page_only(page):
    response = page.get(f"/?token={TOKEN}&ref=a%26b")

    assert response.headers["location"] == "/?ref=a%26b"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"console-{PORT}={TOKEN};")
    assert "httponly" in cookie.lower()
    assert "path=/api;" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert page.get("/api/requests").status_code == 200


def test_a_program_may_use_the_token_as_a_bearer(page):
    response = page.get("/api/requests", headers={"authorization": f"Bearer {TOKEN}"})

    assert [one["name"] for one in response.json()["requests"]] == ["one"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer \xe9"},
        {"cookie": f"console-{PORT}=wrong"},
        {"cookie": f"console-1={TOKEN}"},
        {"cookie": f"other={TOKEN}; ==;;"},
    ],
)
def test_without_the_token_nothing_of_the_api_is_served(page, method, headers):
    given = {name: value.encode("latin-1") for name, value in headers.items()}
    response = page.request(
        method, "/api/check", headers={**JSON, "origin": ORIGIN, **given}, content=CHECK
    )

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "NoToken"


def test_a_wrong_token_in_the_address_sets_no_cookie(page):
    response = page.get("/?token=wrong")

    assert response.status_code == 401
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "localhost:1", f"[::1]:{PORT}"]
)
@pytest.mark.parametrize("path", ["/", f"/?token={TOKEN}", "/api/requests"])
def test_another_host_s_name_for_this_machine_is_refused(opened, host, path):
    response = opened.get(path, headers={"host": host})

    assert response.status_code == 421
    assert "set-cookie" not in response.headers


def test_localhost_is_this_host(page):
    response = page.get(
        "/api/slots",
        headers={"host": f"localhost:{PORT}", "authorization": f"Bearer {TOKEN}"},
    )

    assert response.json()["used"] == 1


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"http://localhost:{PORT}", "http://127.0.0.1:1", ""]
)
def test_a_request_of_another_origin_is_refused(opened, origin):
    assert post(opened, origin=origin).status_code == 403
    assert opened.get("/api/requests", headers={"origin": origin}).status_code == 403


def test_a_request_that_acts_needs_an_origin(opened):
    response = opened.post("/api/check", content=CHECK, headers=JSON)

    assert response.status_code == 403
    assert post(opened).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_the_browser_knows_to_be_another_site_s_is_refused(opened, site):
    assert opened.get("/api/requests", headers={"sec-fetch-site": site}).status_code == 403
    assert post(opened, **{"sec-fetch-site": site}).status_code == 403


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"],
)
def test_what_a_form_can_send_is_refused(opened, content_type):
    assert post(opened, **{"content-type": content_type}).status_code == 415


@pytest.mark.parametrize("path", ["check", "start", "cancel", "again", "local/act", "local/jump"])
def test_reading_does_not_act(opened, path):
    assert opened.get(f"/api/{path}").status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(opened, method):
    response = opened.request(method, "/api/start", headers={**JSON, "origin": ORIGIN})

    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("states_its_length", [True, False])
def test_a_long_body_is_refused(opened, states_its_length):
    long = b'{"request": "' + b"x" * MAX_BODY_BYTES + b'"}'
    content = long if states_its_length else iter([long[:9], long[9:]])

    response = post(opened, content=content)

    assert response.status_code == 413


@pytest.mark.parametrize(
    "body", ["", "{", "[1,]", "NaN", '{"request": NaN}', "\xff", "[" * 200_000]
)
def test_what_is_not_json_is_refused_in_words(opened, body):
    response = post(opened, content=body.encode("latin-1"))

    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("body: ")


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/..%2fserver.py",
        "/%2e%2e/server.py",
        "/vendor/..%2f..%2fserver.py",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/..\\server.py",
    ],
)
def test_only_the_page_s_own_files_are_served(page, path):
    assert page.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/requests", "/missing", "/api/missing", "/?token=no"])
def test_every_response_has_the_headers(opened, path):
    headers = opened.get(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    if "/api/" in path:
        assert headers["cache-control"] == "no-store"
        assert headers["content-type"] == "application/json"


def test_an_error_that_nobody_expected_shows_no_traceback(opened, reading, monkeypatch, caplog):
    monkeypatch.setattr(reading, "slots", lambda: 1 / 0)

    response = opened.get("/api/slots")

    assert response.status_code == 500
    assert response.json()["error"]["code"] == "InternalError"
    assert "line" not in response.text
    assert "division by zero" in caplog.text
