"""Retrieval as a number: data sets, measures, baselines and reports."""
