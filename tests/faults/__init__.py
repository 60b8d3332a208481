"""Faults put to the deployed lab while a client reads and writes through the virtual IP."""
