"""Galera's keeper: what it decides, its rounds, and what it sees and does on a real node."""
