"""The commands of ``qa-bot``, one module a family."""
