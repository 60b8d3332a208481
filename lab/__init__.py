"""Three real Debian nodes on this one machine, and faults to put them through.

The lab belongs to the machine, not to a clone of the repository: every clone sees and drives the same one.
"""
