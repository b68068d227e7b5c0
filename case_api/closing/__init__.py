"""The four closing actions of a case, and its archive (「四步法·第四步」)."""
