"""Doom (ViZDoom) as the embedded world: runs anywhere that Python runs."""
