"""The art of the block world: our own palette, sprites, textures and skies, drawn by code and shipped as PNG.

`lumps` reads the shipped pictures for the game archive; `draw` makes them again from nothing but numpy.
"""
