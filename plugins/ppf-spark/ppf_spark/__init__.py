"""Every other format that Spark reads and writes, and data sources that are written in Python."""
