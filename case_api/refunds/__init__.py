"""Carrying out what was approved: refund instructions with their files, payments, and the other paths' confirmations."""
