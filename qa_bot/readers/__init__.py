"""Readers: a question and passages in, an answer with its evidence out."""
