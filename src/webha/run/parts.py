"""What tasks/rotate.py can make anew, and tasks/restore.py bring back: known to the data, and to what does it."""

ROTATED = ("certificates", "ca", "corosync", "database")
RESTORED = ("all", "database", "files", "settings")
PARTS = (*ROTATED, *(one for one in RESTORED if one not in ROTATED))
