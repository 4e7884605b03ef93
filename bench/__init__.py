"""Benchmarks: ratios within one run against named floors."""
