"""Conformance kits: an adapter's and a policy's tests inherit from these."""
