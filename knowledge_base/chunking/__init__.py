"""Cutting documents into passages that fit the encoder in use."""
