"""Facts, operations and decisions that make three Debian machines one highly available web server."""
