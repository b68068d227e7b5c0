"""Paths out of a withdrawal (「四步法·第三步」): priced to the fen, offered, answered."""
