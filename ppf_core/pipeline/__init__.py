"""From a checked file to a plan, and from a plan to a result."""
