"""The JSON Schema of pipeline files, for editors and other tools."""
