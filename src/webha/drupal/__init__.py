"""Drupal: release, database, site (§2.5): its typed state and its decisions, which know nothing of pyinfra."""

from webha.drupal.decisions import EMPTIED, TAKEN, not_ours, of_others, to_install, to_unpack, trusted_hosts, unwell
from webha.drupal.release import (
    BLOCK,
    CHUNK,
    Release,
    ReleaseError,
    described,
    digest,
    given,
    is_project,
    unpacked_size,
    verified,
    version_of,
)
from webha.drupal.state import HEADER, INSTALLING, MARKER, OURS, SETTINGS, STAGING, VALUES, Site, native_password

__all__ = [
    "BLOCK",
    "CHUNK",
    "EMPTIED",
    "HEADER",
    "INSTALLING",
    "MARKER",
    "OURS",
    "SETTINGS",
    "STAGING",
    "TAKEN",
    "VALUES",
    "Release",
    "ReleaseError",
    "Site",
    "described",
    "digest",
    "given",
    "is_project",
    "native_password",
    "not_ours",
    "of_others",
    "to_install",
    "to_unpack",
    "trusted_hosts",
    "unpacked_size",
    "unwell",
    "verified",
    "version_of",
]
