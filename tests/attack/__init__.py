"""Who has no key and no password, in the nodes' network: what he tries, and what comes of it (docs/security.md)."""
