"""The report's figures: one kind a file, found through `registry`."""
