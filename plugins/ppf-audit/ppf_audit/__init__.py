"""An audit trail of runs."""
