"""Cases for `ppf plugins test`: formats of Spark, and data sources in Python, of tables and of streams."""
