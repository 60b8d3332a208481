"""The site's releases on the volume: where each lies, which one runs, and the way from one to another."""
