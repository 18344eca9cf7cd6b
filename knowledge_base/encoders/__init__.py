"""Text into vectors: models, runtimes and batching."""
