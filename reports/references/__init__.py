"""Published numbers that may stand beside measured ones: data, with their source and what to beware of."""
