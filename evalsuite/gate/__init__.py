"""The regression gate: a verdict on a candidate against a base, and how it is told to people and machines."""
