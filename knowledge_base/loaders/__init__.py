"""Files into documents: one module a family of formats, chosen by name and by content."""

from knowledge_base.loaders.detect import SUPPORTED, load_bytes
from knowledge_base.loaders.sources import SourceFile, expand

__all__ = ["SUPPORTED", "SourceFile", "expand", "load_bytes"]
