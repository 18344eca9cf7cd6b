"""Models by their name on the Hugging Face hub: from the local cache, else fetched once."""

from __future__ import annotations

from pathlib import Path

from knowledge_base.errors import EncoderError

NEEDED = (
    "*.json",
    "README.md",
    "vocab.txt",
    "model.safetensors",
    "pytorch_model.bin",
    "1_Pooling/*",
    "2_*/*",
)


def in_cache(name: str) -> Path | None:
    """Return the folder of a model's files if the local cache has them; no network is asked."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(NEEDED), local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def fetched(name: str) -> Path:
    """Return the folder of a model's files.

    The network is asked only where the cache has them not: naming a model is asking for it.

    Raises:
        EncoderError: If the hub cannot be reached, or has no such model.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    found = in_cache(name)
    if found is not None:
        return found
    try:
        return Path(snapshot_download(name, allow_patterns=list(NEEDED)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise EncoderError(
            f"the model {name!r} is in no local folder or cache and could not be fetched ({reason}); "
            "check the name and the network, or name a local folder"
        ) from error
