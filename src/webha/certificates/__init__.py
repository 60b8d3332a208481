"""Keys and certificates: the cluster's own authority, and the site's; made, read and judged, knowing nothing of pyinfra."""

from webha.certificates.authority import authority, due, issue, public
from webha.certificates.decisions import ending, on_the_nodes, unfit, whole
from webha.certificates.state import Certificate, read

__all__ = [
    "Certificate",
    "authority",
    "due",
    "ending",
    "issue",
    "on_the_nodes",
    "public",
    "read",
    "unfit",
    "whole",
]
