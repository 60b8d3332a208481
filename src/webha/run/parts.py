"""What tasks/rotate.py can make anew: known to the data, and to what makes it."""

PARTS = ("certificates", "ca", "corosync", "database")
