"""A question and a conversation in, a cited answer out."""
