"""Episodes on the nodes of a Ray cluster (the extra `ray`); nothing here imports Ray before a run asks for it."""
