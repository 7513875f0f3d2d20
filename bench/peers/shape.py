"""The schema of the comparison: a chain of tables, and one table that has rows. What BENCH_STATE is decides whether
post.created_at may be NULL (first) or not (second)."""
import os

TABLES = int(os.environ.get("BENCH_TABLES", "100"))
STATE = os.environ.get("BENCH_STATE", "first")
