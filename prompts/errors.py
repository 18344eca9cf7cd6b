"""Everything that can go wrong between a template and its text.

::

    PromptError
      x TemplateNotFound(LookupError)    no template has this name and language
      x TemplateInvalid(ValueError)      a template cannot be read, or is not what its header says
      x WrongVariables(TypeError)        a template was given other variables than it takes

A message says what was found, the value, and the remedy.
"""

from __future__ import annotations


class PromptError(Exception):
    """The root of this package's errors."""


class TemplateNotFound(PromptError, LookupError):
    """No template has the name and language asked for."""


class TemplateInvalid(PromptError, ValueError):
    """A template's header, parts or variables are not as they must be."""


class WrongVariables(PromptError, TypeError):
    """A template was rendered without a variable of its header, or with one that it does not have."""
