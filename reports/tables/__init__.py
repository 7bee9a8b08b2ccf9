"""The report's tables as data: one a file, found through `registry`."""
