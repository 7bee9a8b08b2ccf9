"""DeepMind Lab: fruit, keyed doors and tagging, on the real engine or on a stand-in."""
