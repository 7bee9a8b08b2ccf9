"""The run folder: one header, one fsynced line an attempt, and how both are read."""
