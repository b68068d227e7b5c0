"""Competitors' offers (「竞品落差」): recorded, verified, put beside ours."""
