"""The rules that raise warnings, in versions."""
