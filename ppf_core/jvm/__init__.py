"""How do we start Java for Spark, and what do its errors say? Nothing here knows of sessions or pipelines.

The main path is `start.start_jvm`: `java` finds one, `requirements` says what plugins ask of it, `java_options` what the user
chose, `class_archive` makes the start fast. `errors.describe_error` turns what comes back from the JVM into words.
"""
