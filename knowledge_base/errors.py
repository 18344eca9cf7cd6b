"""Everything that can go wrong in the knowledge base.

::

    KnowledgeBaseError
      x LoadError(ValueError)                a file could not be read as a document
        · UnsupportedFile                    no loader knows this kind of file
        · EncryptedFile                      a password is needed
        · EmptyDocument                      nothing to read in it
        · FileTooLarge                       over the limit of bytes, members or expansion
        · UnsafeArchive                      a member would be written outside, or is a bomb
      x UnknownComponent(LookupError)        no component has this name
      x EncoderError(RuntimeError)           an encoder could not be loaded or does not fit
      x Overloaded(RuntimeError)             more questions wait than can be answered soon
      x IndexMismatch(ValueError)            an index was made for another encoder, metric or width
      x HomeLocked(RuntimeError)             another process owns the home folder
      x SourceNotFound(LookupError)          nothing indexed matches this source
      x KnowledgeBaseNotFound(LookupError)   no knowledge base has this name
      x InvalidName(ValueError)              a name that cannot name a knowledge base
      x InvalidFilter(ValueError)            a filter that cannot be understood
      x GlossaryError(ValueError)            a line of a glossary that is no entry

A message says what was found, the value, and the remedy.
"""

from __future__ import annotations


class KnowledgeBaseError(Exception):
    """The root of this package's errors."""


class LoadError(KnowledgeBaseError, ValueError):
    """A file could not be read as a document; the message is one sentence for the user."""


class UnsupportedFile(LoadError):
    """No loader knows this kind of file."""


class EncryptedFile(LoadError):
    """The file is protected by a password."""


class EmptyDocument(LoadError):
    """The file holds no text."""


class FileTooLarge(LoadError):
    """The file, or what an archive unpacks to, is over the limit."""


class UnsafeArchive(LoadError):
    """An archive member points outside the archive, or expands out of proportion."""


class UnknownComponent(KnowledgeBaseError, LookupError):
    """No component of this role has the name asked for."""


class EncoderError(KnowledgeBaseError, RuntimeError):
    """An encoder's files are missing, damaged or of a kind that does not fit."""


class Overloaded(KnowledgeBaseError, RuntimeError):
    """More questions wait than can be answered soon; the next may be asked in a moment."""


class IndexMismatch(KnowledgeBaseError, ValueError):
    """The index on disk was made with another encoder, metric or dimension."""


class HomeLocked(KnowledgeBaseError, RuntimeError):
    """Another process owns the home folder; the message names it."""


class SourceNotFound(KnowledgeBaseError, LookupError):
    """Nothing that is indexed matches the source asked for."""


class KnowledgeBaseNotFound(KnowledgeBaseError, LookupError):
    """No knowledge base has the name asked for."""


class InvalidName(KnowledgeBaseError, ValueError):
    """The name cannot name a knowledge base."""


class InvalidFilter(KnowledgeBaseError, ValueError):
    """A filter asks for something that is no day."""


class GlossaryError(KnowledgeBaseError, ValueError):
    """A line of a glossary is no entry; the message names it."""
