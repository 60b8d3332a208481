"""What TLS costs the site: ``script/bench pages``, on the deployed lab with a real Drupal.

Asks for the front page over http and https in turns, as a stranger and as the administrator (a page that is made anew each time), each request on a
connection of its own (a handshake each: the worst case) and all on a few kept ones. One JSON object: pages a second, and https divided by http.
"""

import argparse
import http.client
import json
import re
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from lab import visitor
from tests.faults.report import machine, told
from tests.lab.nodes import ROOT, VIP

SCHEMES = ("http", "https")
BELOW = 0.9  # of http's pages a second: less is said


@dataclass(frozen=True)
class Way:
    """How the site is asked."""

    scheme: str
    cookie: str = ""
    kept: bool = False

    def connection(self) -> http.client.HTTPConnection:
        if self.scheme == "http":
            return http.client.HTTPConnection(VIP, timeout=30)
        return http.client.HTTPSConnection(VIP, timeout=30, context=ssl.create_default_context(cafile=_authority()))


def _authority() -> str:
    return str(ROOT / "secrets" / "ca.crt")


def log_in(scheme: str) -> tuple[str, bool]:
    """Log the administrator in; return the session's cookie and whether a browser may send it over https alone."""
    connection = Way(scheme).connection()
    connection.request("GET", "/user/login")
    form = connection.getresponse().read().decode()
    found = re.search(r'name="form_build_id" value="([^"]+)"', form)
    if found is None:
        raise SystemExit(f"{scheme}://{VIP}/user/login shows no form: pages are measured with a real Drupal")
    password = (ROOT / "secrets" / "drupal_admin_password").read_text().strip()
    words = {"name": "admin", "pass": password, "form_build_id": found[1], "form_id": "user_login_form", "op": "Log in"}
    connection.request("POST", "/user/login", urlencode(words), {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    for header, value in answer.getheaders():
        if header.lower() == "set-cookie" and re.match(r"S?SESS", value):
            return value.partition(";")[0], "secure" in value.lower()
    raise SystemExit(f"{scheme}: the administrator is not let in ({answer.status})")


def pages(way: Way, seconds: float, clients: int) -> float:
    """Return how many pages a second ``clients`` get in ``seconds``; each answer must be 200."""
    counts, wrong, end = [0] * clients, list[str](), time.monotonic() + seconds

    def ask(which: int) -> None:
        connection = way.connection()
        while time.monotonic() < end and not wrong:
            connection.request("GET", "/", headers={"Cookie": way.cookie} if way.cookie else {})
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                wrong.append(f"{way.scheme}: {answer.status}")
            counts[which] += 1
            if not way.kept:
                connection.close()

    begin = time.monotonic()
    threads = [threading.Thread(target=ask, args=(one,)) for one in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if wrong:
        raise SystemExit(wrong[0])
    return sum(counts) / (time.monotonic() - begin)


def measured(rounds: int, seconds: float, clients: int) -> dict[str, object]:
    """Measure in the visitor's namespace."""
    sessions = {scheme: log_in(scheme) for scheme in SCHEMES}
    found: dict[str, object] = {
        "cookie_secure": {scheme: secure for scheme, (_, secure) in sessions.items()}, "clients": clients, "rounds": rounds
    }  # fmt: skip
    for who in ("anonymous", "logged in"):
        for kept in (False, True):
            rates: dict[str, list[float]] = {scheme: [] for scheme in SCHEMES}
            for turn in range(rounds + 1):  # the first one warms up
                for scheme in SCHEMES:
                    cookie = sessions[scheme][0] if who == "logged in" else ""
                    rate = pages(Way(scheme, cookie, kept), seconds, clients)
                    if turn:
                        rates[scheme].append(round(rate, 1))
            middle = {scheme: sorted(each)[len(each) // 2] for scheme, each in rates.items()}
            ratio = round(middle["https"] / middle["http"], 3)
            name = f"{who}, {'kept connections' if kept else 'a connection each'}"
            found[name] = {**{f"{scheme}_per_s": rate for scheme, rate in middle.items()}, "ratio": ratio, "all": rates}
            print(f"pages: {name}: {ratio}{' (below 0.9)' if ratio < BELOW else ''}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Run the measurement where the visitor is."""
    parser = argparse.ArgumentParser(prog="script/bench pages")
    parser.add_argument("--rounds", type=int, default=5, help="of each way, after one that does not count")
    parser.add_argument("--seconds", type=float, default=6, help="of each round")
    parser.add_argument("--clients", type=int, default=4, help="at once")
    parser.add_argument("--json", type=Path, help="keep the result there")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measured(given.rounds, given.seconds, given.clients)))
        return
    visitor.arrive()
    try:
        words = [f"--{key}={getattr(given, key)}" for key in ("rounds", "seconds", "clients")]
        inside = [
            "ip",
            "netns",
            "exec",
            visitor.NAMESPACE,
            sys.executable,
            "-m",
            "tests.faults.pages",
            "--here",
            *words,
        ]
        done = subprocess.run(inside, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    finally:
        visitor.leave()
    result = {"machine": machine(), **json.loads(done.stdout)}
    told(result, given.json)


if __name__ == "__main__":
    main()
