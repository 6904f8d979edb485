"""A log of the run."""
