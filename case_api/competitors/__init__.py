"""Offers of competitors that customers speak of: recorded, verified, compared with ours (「竞品落差」)."""
