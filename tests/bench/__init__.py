"""Kept benchmarks: paired ratios, never tests. ``make bench`` runs all, ``python -m tests.bench NAME`` one."""
