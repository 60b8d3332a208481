"""Where the cluster's lock and the journal of its runs stand on every node; a reset of all layers leaves neither."""

FOLDER = "/var/lib/webha"
LOCK = f"{FOLDER}/lock"
JOURNAL = f"{FOLDER}/journal"
KEPT = 1000  # lines of the journal
LONGEST = 65536  # bytes of the lock that are looked at
