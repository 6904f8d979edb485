"""The only place that imports pyspark, and only inside functions."""
