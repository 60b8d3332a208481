"""Restore points of database and files: typed state and decisions, which know nothing of pyinfra."""

from webha.backup.decisions import FULL, age, listed, shown, to_begin, to_restore, unwell
from webha.backup.state import Drill, Failure, Logs, Made, Points

__all__ = [
    "FULL",
    "Drill",
    "Failure",
    "Logs",
    "Made",
    "Points",
    "age",
    "listed",
    "shown",
    "to_begin",
    "to_restore",
    "unwell",
]
