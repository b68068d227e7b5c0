"""The keyword log: what customers complained of, how often, where to listen to it, and what was no hit at all."""
