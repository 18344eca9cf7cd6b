"""The generator models that the settings name, each opened when it is first asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from qa_bot.components import generator_kind, open_generator
from qa_bot.config import Config, api_key
from qa_bot.protocols import Generator

if TYPE_CHECKING:
    from qa_bot.models.guarded import Health
    from qa_bot.models.on_demand import OnDemandGenerator

QUOTING = "quote"
"""Stands among the models for none: the reader quotes the passages."""


class NamedModels:
    """What can compose an answer; one of each for all knowledge bases."""

    def __init__(self, config: Config) -> None:
        """Take the settings."""
        self._config = config
        self._lock = threading.RLock()
        self._own: Generator | None = None
        self._opened: dict[str, OnDemandGenerator] = {}

    def names(self) -> list[str]:
        """Return the names, the settings' own first; empty where none is named.

        The last is ``QUOTING``: no model, the passages are quoted.
        """
        config = self._config
        if not config.model and not config.base_url:
            return []
        others = [name.strip() for name in config.other_models.split(",") if name.strip()]
        # a server alone stands for its first model
        return list(dict.fromkeys([config.model or config.base_url, *others, QUOTING]))

    @property
    def own(self) -> Generator | None:
        """The settings' own model, loaded when it is first needed; None: none is named.

        Raises:
            UnknownComponent: If the settings name one that cannot be.
            GeneratorFailed: If it is missing or damaged, or its server cannot be reached.
        """
        config = self._config
        if not config.model and not config.base_url:
            return None
        with self._lock:
            if self._own is None:
                self._own = self._open(config.model, config.base_url)
            return self._own

    def get(self, model: str) -> Generator:
        """Return a model that is opened when it is first asked.

        Raises:
            UnknownComponent: If there can be none of this name.
        """
        from qa_bot.models.on_demand import OnDemandGenerator

        with self._lock:
            if model not in self._opened:
                name, at, url = model.partition("@http")
                base_url = f"http{url}" if at else self._config.base_url
                generator_kind(name, base_url)  # a name that cannot be is told now, not later
                own = model == (self._config.model or self._config.base_url)
                self._opened[model] = OnDemandGenerator(
                    model, self._named if own else lambda: self._open(name, base_url)
                )
            return self._opened[model]

    def health(self) -> list[Health]:
        """Return what has happened to each that was opened: attempts, failures, whether it rests."""
        from qa_bot.models.guarded import GuardedGenerator

        with self._lock:
            opened = [one.opened for one in self._opened.values()]
        return [one.health for one in opened if isinstance(one, GuardedGenerator)]

    def _named(self) -> Generator:
        own = self.own
        assert own is not None, "the settings name a model"
        return own

    def _open(self, name: str, base_url: str) -> Generator:
        config = self._config
        return open_generator(
            name,
            base_url,
            api_key=api_key(),
            timeout=config.model_timeout,
            window=config.model_window,
            precision=config.model_precision,
        )
