"""Generator LLMs: local ones through transformers, remote ones through LangChain, and the echo."""
