"""A real camera and robot, and a rehearsal of both on the real middleware."""
