"""The live wall: what runs now, in short."""
