"""Whether Apache serves the site's pages, as readiness finds it."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from webha_node import ready as module

from ..stubs import ROOT
from .test_ready import ready


@contextmanager
def apache(status, page=b"alive"):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ready(health_port=server.server_port), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


HEALTH = (ROOT / "templates/apache/health.php.j2").read_bytes()


def test_apache_is_asked_for_a_word_that_only_php_makes_of_the_page():
    with apache(200) as (script, asked):
        script.web()
    assert asked == ["/?alive"]
    assert b"isset($_GET['alive'])" in HEALTH


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (HEALTH, "Apache answers without PHP"),
        (b"ready", "the health page is not ours"),
        (b"", "the health page is not ours"),
        (b"<html>It works!</html>", "the health page is not ours"),
    ],
)
def test_an_apache_whose_page_no_php_has_made_is_broken(page, words):
    with apache(200, page) as (script, _), pytest.raises(module.BrokenError, match=words):
        script.web()


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_apache_that_answers_with_an_error_is_broken(status):
    with apache(status) as (script, _), pytest.raises(module.BrokenError, match=f"Apache answers {status}"):
        script.web()


def test_an_apache_that_does_not_listen_is_an_error():
    with apache(200) as (script, _):
        pass
    with pytest.raises(ConnectionRefusedError):
        script.web()
