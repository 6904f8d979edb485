"""Tables of Spark's catalog."""
