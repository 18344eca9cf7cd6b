"""Builds a knowledge base anew beside the old one, and swaps when it is whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from knowledge_base.home import BaseInfo, Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.protocols import Encoder
from knowledge_base.registry import Registry
from knowledge_base.types import IngestProgress


def reindex(
    home: Home,
    info: BaseInfo,
    encoder: Encoder,
    progress: Callable[[IngestProgress], None] | None = None,
) -> int:
    """Index every document again with an encoder; return the number of passages.

    The old base stays as it was until the new one is whole. A run that is killed leaves the old
    one in place, and the next run goes on where it stopped.

    Args:
        home: The home folder, which must be owned.
        info: The knowledge base; nothing may have it open.
        encoder: The encoder of the new indexes; it may be the same as before.
        progress: Called after every document.
    """
    staged = home.stage(info, encoder)
    base = KnowledgeBase(home, staged, encoder)
    try:
        old = Registry(home.engine, info.id)
        new = Registry(home.engine, staged.id)
        stamps, done = old.stamps(), new.stamps()
        started = time.monotonic()
        for number, (source, stamp) in enumerate(sorted(stamps.items()), 1):
            if source not in done or done[source].sha256 != stamp.sha256:
                base.add(old.document(source), stamp)
            if progress is not None:
                seconds = time.monotonic() - started
                progress(IngestProgress(number, len(stamps), base.count(), source, seconds))
        base.settle()
        passages = base.count()
    finally:
        base.close()
    home.swap(info, staged)
    shutil.rmtree(home.folder(info), ignore_errors=True)
    return passages
