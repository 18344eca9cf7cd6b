"""Training the bundled reader; nothing here is needed to answer questions."""
