"""The rows that checks set apart: seen, and run again."""
