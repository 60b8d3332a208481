"""A visitor that asks for the page all the time, beside what a test does."""

import threading
import time

from tests.lab.nodes import VIP, lab


class Client:
    """Asks for the page twenty times a second, and counts what was not answered below 500."""

    def __init__(self, scheme: str = "http") -> None:
        self.asked, self.failed, self._ended = 0, 0, threading.Event()
        self._url = f"{scheme}://{VIP}/"
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._ended.is_set():
            said = lab(
                "run",
                "sh",
                "-c",
                f"for i in 1 2 3 4 5 6 7 8 9 10; do curl -sk -o /dev/null -m 5 -w '%{{http_code}} ' {self._url}; sleep 0.04; done",
                check=False,
            )
            self.asked += 10
            self.failed += 10 - sum("200" <= word < "500" for word in said.split())

    def __enter__(self) -> "Client":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(1)
        self._ended.set()
        self._thread.join()
