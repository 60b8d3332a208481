"""One way to run a command that may hang or be missing."""

import os
import subprocess

TIMED_OUT = 124  # as timeout(1) says it
ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}  # whatever the machine speaks


def run(*words: str, seconds: float = 5.0) -> subprocess.CompletedProcess[str]:
    """Return what a command said and its exit code; 124 and the reason where it took longer than ``seconds`` or is not there."""
    try:
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            errors="replace",
            env={**os.environ, **ENGLISH},
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        return subprocess.CompletedProcess(words, TIMED_OUT, "", str(error))


def said(*words: str, seconds: float = 5.0) -> str | None:
    """Return what a command printed, None where it did not end well."""
    done = run(*words, seconds=seconds)
    return done.stdout if done.returncode == 0 else None
