"""Answers as numbers: scores, citations, abstention."""
