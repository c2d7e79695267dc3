"""The page that the local AWS starts: where it is, and that it ends with its parent."""

from __future__ import annotations

import re
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from localcloud import page as module
from localcloud.page import page
from localcloud.turns import callers_environment

NOWHERE = "http://127.0.0.1:1"


def status(line):
    """Return the status of the page at the address in a line."""
    (address,) = re.findall(r"^The page: (http://127\.0\.0\.1:\d+/\?token=\S+)$", line)
    http = HTTPConnection(urlsplit(address).netloc, timeout=10)
    http.request("GET", "/")
    return http.getresponse().status


def test_the_page_is_served_while_the_local_aws_is():
    with page(NOWHERE) as line:
        assert status(line) == 200

    with pytest.raises(ConnectionRefusedError):
        status(line)


def test_it_does_not_outlive_a_parent_that_was_killed():
    process = subprocess.Popen(
        [sys.executable, "-m", module.__name__],
        env=callers_environment(NOWHERE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert status(line.strip()) == 200

    process.stdin.close()

    assert process.wait(10) == 0
    process.stdout.close()


def test_why_there_is_no_page_is_said(monkeypatch, tmp_path):
    tmp_path.joinpath("uvicorn.py").write_text("raise ImportError('it is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with page(NOWHERE) as line:
        assert line == "The page could not be started: it is broken"
