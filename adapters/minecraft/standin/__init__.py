"""A stand-in for the Minecraft engine: it speaks MalmoEnv 0.37.0, so that the unmodified clients run without Java."""
