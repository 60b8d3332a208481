"""Runs, locks and lines of the journal, as values for tests."""

import time
from base64 import b64encode

from webha.lock import Entry, Lock, Notes, Run

SINCE = int(time.mktime((2025, 11, 27, 12, 31, 4, 0, 0, -1)))  # 12:31:04 in whatever time zone this machine has
NOW = SINCE + 190


def run(number=0, **changes):
    words = {"who": "ana@control", "folder": "/srv/ha", "task": "deploy.py", "version": "0.2.0", "pid": 4711}
    return Run(**{"id": f"{number:032x}", **words, "since": SINCE} | changes)


def lock(one):
    return Lock(one.digest, one)


def held(one, *journal):
    return Notes(lock(one), journal)


def free(*journal):
    return Notes(None, journal)


def entry(one, **changes):
    return Entry(**{"run": one, "until": NOW, "result": "done"} | changes)


def encoded(raw):
    return b64encode(raw).decode()
