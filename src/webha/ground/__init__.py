"""The ground that all layers stand on: known by all, knows none of them."""
