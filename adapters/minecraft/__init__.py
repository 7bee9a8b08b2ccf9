"""Minecraft: the home world, through the unmodified MineStudio and MineRL clients, with a stand-in for the engine."""
