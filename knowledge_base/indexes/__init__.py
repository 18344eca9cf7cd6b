"""Where vectors and words are looked up; derived from the registry."""
