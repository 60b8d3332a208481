"""Restore points: database and files of one moment in a restic repository, and back.

On all nodes the same program is started by the same timer. The one that gets the lock on the volume makes the point (not the virtual IP's
holder, where another node can); the others stand by: the holder keeps its pages outside for the moment, and where the one that works dies
the next one takes over.
"""
