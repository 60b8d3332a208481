"""The client: so many reads and numbered writes a second, each on a connection of its own, whatever became of the others.

Runs in the visitor's namespace until its standard input ends; prints a JSON line for each request. A request has five
seconds in all, so that no more than a hundred are under way at the usual rate.
"""

import http.client
import json
import sys
import threading
import time

TIMEOUT = 5.0
AT_ONCE = 300
_lock = threading.Lock()
_room = threading.BoundedSemaphore(AT_ONCE)


def ask(address: str, kind: str, number: int) -> None:
    """Send one request and print how it went. Times are seconds of the machine's monotonic clock."""
    begin = time.monotonic()
    status, node = 0, ""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        connection.request("GET", f"/webha-probe.php?{kind}={number}")
        if connection.sock is not None:
            connection.sock.settimeout(max(0.01, begin + TIMEOUT - time.monotonic()))
        answer = connection.getresponse()
        status, words = answer.status, answer.read(200).decode(errors="replace").split()
        node = words[1] if status == 200 and len(words) > 1 else ""
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
        _room.release()
    say(kind, number, begin, status, node)


def say(kind: str, number: int, begin: float, status: int, node: str) -> None:
    """Print a request's line."""
    line = json.dumps(
        {"kind": kind, "number": number, "begin": begin, "end": time.monotonic(), "status": status, "node": node}
    )
    with _lock:
        print(line, flush=True)


def main(address: str, rate: float, first: int) -> None:
    """Begin ``rate`` requests a second, every other one a write, numbered from ``first``."""
    done = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        done.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    number, due = first, time.monotonic()
    while not done.is_set():
        kind = "write" if number % 2 else "read"
        if _room.acquire(blocking=False):
            threading.Thread(target=ask, args=(address, kind, number), daemon=True).start()
        else:  # counted as asked in vain: a client that has stopped asking would measure nothing
            say(kind, number, time.monotonic(), 0, "")
        number += 1
        due += 1 / rate
        done.wait(max(0.0, due - time.monotonic()))
    for _ in range(AT_ONCE):  # wait for the last ones
        if not _room.acquire(timeout=2 * TIMEOUT):
            return


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
