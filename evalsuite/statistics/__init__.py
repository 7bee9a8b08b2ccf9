"""From records to rates with intervals."""
