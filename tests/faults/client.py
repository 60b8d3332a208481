"""The client: so many reads and numbered writes a second, each on a connection of its own, whatever became of the others.

Runs in the visitor's namespace until its standard input ends; prints a JSON line for each request.
"""

import http.client
import json
import sys
import threading
import time

TIMEOUT = 5.0
_lock = threading.Lock()


def ask(address: str, kind: str, number: int) -> None:
    """Send one request and print how it went. Times are seconds of the machine's monotonic clock."""
    begin = time.monotonic()
    status, node = 0, ""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    try:
        connection.request("GET", f"/webha-probe.php?{kind}={number}")
        answer = connection.getresponse()
        status, words = answer.status, answer.read(200).decode(errors="replace").split()
        node = words[1] if status == 200 and len(words) > 1 else ""
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    line = json.dumps(
        {"kind": kind, "number": number, "begin": begin, "end": time.monotonic(), "status": status, "node": node}
    )
    with _lock:
        print(line, flush=True)


def main(address: str, rate: float, first: int) -> None:
    """Begin ``rate`` requests a second, every other one a write, numbered from ``first``."""
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    number, due = first, time.monotonic()
    while not done.is_set():
        kind = "write" if number % 2 else "read"
        threading.Thread(target=ask, args=(address, kind, number)).start()
        number += 1
        due += 1 / rate
        done.wait(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
