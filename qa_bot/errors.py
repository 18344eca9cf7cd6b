"""Everything that can go wrong between a question and its answer.

::

    QABotError
      x ConfigError(ValueError)              a setting is unknown or has a wrong value
      x InvalidQuestion(ValueError)          empty, too long, or no text
      x ConversationNotFound(LookupError)    no conversation (or turn) has this id
      x ReaderError(RuntimeError)            a reader's files are missing or damaged
      x GeneratorFailed(RuntimeError)        a generator model is not there, or broke off
        x PromptTooLong(ValueError)          the prompt does not fit into the model's window

A message says what was found, the value, and the remedy.
"""

from __future__ import annotations


class QABotError(Exception):
    """The root of this package's errors."""


class ConfigError(QABotError, ValueError):
    """A setting is unknown or has a value that does not fit."""


class InvalidQuestion(QABotError, ValueError):
    """The question is empty, too long, or holds no text."""


class ConversationNotFound(QABotError, LookupError):
    """No stored conversation or turn has the id asked for."""


class ReaderError(QABotError, RuntimeError):
    """A reader's files are missing, damaged, or of a version that does not fit."""


class GeneratorFailed(QABotError, RuntimeError):
    """A generator model cannot be loaded or reached, or broke off while it answered."""


class PromptTooLong(GeneratorFailed, ValueError):
    """The prompt does not fit into the model's window; the model itself is well."""
