"""New complaint terms: found in what was said, taken into the lexicon by a click."""
