"""Keys and certificates: the cluster's own authority, and the site's; made, read and judged, knowing nothing of pyinfra."""

from webha.certificates.authority import authority, common_name, due, issue, key_and_certificate, public
from webha.certificates.decisions import ending, of_another_authority, of_the_nodes, on_the_nodes, unfit, whole
from webha.certificates.state import Certificate, read

__all__ = [
    "Certificate",
    "authority",
    "common_name",
    "due",
    "ending",
    "issue",
    "key_and_certificate",
    "of_another_authority",
    "of_the_nodes",
    "on_the_nodes",
    "public",
    "read",
    "unfit",
    "whole",
]
