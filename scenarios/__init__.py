"""The shipped suites and their locks."""
