"""Visitors of a real Drupal: readers of its pages, and an editor who saves articles. Runs in the visitor's namespace until its standard
input ends, then says what became of it, as JSON.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
from urllib.parse import urlencode

from tests.lab.nodes import VIP

PATIENCE = 60.0  # seconds for an answer
CLOSED, BAD = 503, 500
MORE = 200  # articles


class Traffic:
    """What was asked and answered: when each good answer came, those that were none, and the titles that were acknowledged."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.ended = threading.Event()
        self.good: list[float] = []
        self.closed: list[float] = []
        self.failed: dict[str, int] = {}
        self.asked = 0
        self.written: list[str] = []
        self.since = int(time.time())  # in the titles: those of another run are none of this one's
        self.waited = 0.0  # seconds, the longest that a writer waited for an acknowledged write

    def read(self) -> None:
        """Read the front page and articles, one after the other."""
        while not self.ended.is_set():
            path = "/" if random.random() < 0.5 else f"/node/{random.randint(1, MORE)}"  # noqa: S311 (as visitors do)
            self._answered(self._ask("GET", path)[0])
            time.sleep(0.1)

    def write(self) -> None:
        """Save an article a second, as an editor does; where the session is gone he logs in again."""
        cookie, number = "", 0
        while not self.ended.is_set():
            begin = time.monotonic()
            cookie = cookie or self._logged_in()
            status, _, form = self._ask("GET", "/node/add/article", cookie=cookie)
            tokens = dict(re.findall(r'name="(form_build_id|form_token)" value="([^"]+)"', form))
            if status == http.client.OK and len(tokens) == 2:
                number += 1
                words = {
                    "title[0][value]": f"write-{self.since}-{number}",
                    "form_id": "node_article_form",
                    "op": "Save",
                    "status[value]": "1",
                    **tokens,
                }
                status, headers, _ = self._ask("POST", "/node/add/article", words, cookie)
                if status in (302, 303) and "/node/" in headers.get("location", ""):
                    self.written.append(f"write-{self.since}-{number}")
                    self.waited = max(self.waited, time.monotonic() - begin)
            elif status != CLOSED:
                cookie = ""
            time.sleep(1)

    def _logged_in(self) -> str:
        status, _, form = self._ask("GET", "/user/login")
        found = re.search(r'name="form_build_id" value="([^"]+)"', form)
        if status != http.client.OK or found is None:
            return ""
        words = {
            "name": "writer",
            "pass": "writer",
            "form_build_id": found[1],
            "form_id": "user_login_form",
            "op": "Log in",
        }
        _, headers, _ = self._ask("POST", "/user/login", words)
        return headers.get("set-cookie", "").partition(";")[0]

    def _answered(self, status: int) -> None:
        self.asked += 1
        if status == CLOSED:
            self.closed.append(time.monotonic())
        elif status == 0 or status >= BAD:
            self.failed[str(status)] = self.failed.get(str(status), 0) + 1
        else:
            self.good.append(time.monotonic())

    def _ask(
        self, method: str, path: str, words: dict[str, str] | None = None, cookie: str = ""
    ) -> tuple[int, dict[str, str], str]:
        headers = {"Cookie": cookie} if cookie else {}
        if words:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(VIP, timeout=PATIENCE)
        try:
            connection.request(method, path, urlencode(words) if words else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text
        except (OSError, http.client.HTTPException):
            return 0, {}, ""
        finally:
            connection.close()

    def summary(self) -> dict[str, object]:
        """Return what became of it; seconds."""
        gaps = [after - before for before, after in zip(self.good, self.good[1:], strict=False)]
        return {
            "asked": self.asked,
            "failed": self.failed,
            "gap_s": round(max(gaps, default=0.0), 2),
            "closed_s": round(self.closed[-1] - self.closed[0], 2) if self.closed else 0.0,
            "written": self.written,
            "writes": len(self.written),
            "write_waited_s": round(self.waited, 2),
        }


def main() -> None:
    """Read and write until standard input ends."""
    traffic = Traffic()
    threads = [threading.Thread(target=work) for work in (traffic.read, traffic.read, traffic.write)]
    for one in threads:
        one.start()
    sys.stdin.read()
    traffic.ended.set()
    for one in threads:
        one.join()
    print(json.dumps(traffic.summary()))


if __name__ == "__main__":
    main()
