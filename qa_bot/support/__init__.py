"""Holding sentences to their source: facts compared exactly, the rest by words, meaning and reading."""
