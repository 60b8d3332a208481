"""The virtual IP (§2.3.3-2.3.4): where it may be, who lets go of it, how it is handed over."""
