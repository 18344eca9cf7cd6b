"""Local models: where their files are, how they are loaded, and in which precision."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.encoders.model_cache import cache_folder
from qa_bot.errors import GeneratorFailed

NEEDED = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")
UNNEEDED = ("original/*", "consolidated*")
"""The files of a model; weights of other forms and originals beside them are left on the hub."""

DEFAULT_WINDOW = 2048
"""The window of a model whose files tell none; T5 and its kin have 512."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model with its tokenizer; ``window`` in tokens, ``precision`` as it computes."""

    model: Any
    tokenizer: Any
    window: int
    precision: str

    @property
    def is_seq2seq(self) -> bool:
        """Whether an encoder reads the prompt and a decoder writes the answer."""
        return bool(self.model.config.is_encoder_decoder)


def find_folder(name: str) -> Path:
    """Return the folder of a model: a local one, else the hub's cache, else fetched from the hub.

    The network is asked only for a model that was named and whose files are not here.

    Raises:
        GeneratorFailed: If there is no such folder, and the hub has no such model or is out of reach.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        cached = Path(snapshot_download(name, local_files_only=True))
        if any(cached.glob("*.safetensors")):
            return cached
    except (LocalEntryNotFoundError, HFValidationError):
        pass
    try:
        return Path(
            snapshot_download(name, allow_patterns=list(NEEDED), ignore_patterns=list(UNNEEDED))
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise GeneratorFailed(
            f"the model {name!r} is in no local folder or cache and could not be fetched "
            f"({_line(error)}); check the name and the network, or name a local folder"
        ) from error


def load(
    name: str,
    *,
    precision: str = "auto",
    window: int = 0,
    memory: Mapping[int | str, int | str] | None = None,
) -> Loaded:
    """Return a model placed on what is there: GPUs, the processor, the disk for what does not fit.

    Args:
        name: A folder, or a name on the hub.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16``, ``8bit`` or ``4bit``.
        window: The most tokens of prompt and answer, up to what the model's files say; 0: that.
        memory: The most bytes on each device, as accelerate takes them; None: what is free.

    Raises:
        GeneratorFailed: If files are missing or damaged, or a package is missing.
    """
    folder = find_folder(name)
    import torch
    from jinja2 import TemplateError
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model, kind = _placed(folder, config, precision, memory)
    except torch.OutOfMemoryError as error:
        raise GeneratorFailed(
            f"the model {name!r} does not fit into memory ({_line(error)}); set `model_precision` to 4bit or "
            "8bit, or name a smaller one"
        ) from error
    except (
        OSError, ValueError, KeyError, RuntimeError, AttributeError, TypeError, ImportError,
        SafetensorError, TemplateError,
    ) as error:  # fmt: skip
        raise GeneratorFailed(
            f"the model {name!r} cannot be loaded ({_line(error)}); its folder needs config.json, the "
            "tokenizer's files and *.safetensors of a causal or sequence-to-sequence model: fetch it again"
        ) from error
    own = _window(config, tokenizer)
    return Loaded(model.eval(), tokenizer, min(window or own, own), kind)


def fitting_precision() -> str:
    """Return ``bf16`` or ``fp16`` where the GPU, or the processor, computes in it, else ``fp32``.

    A processor without bf16 imitates it, a hundred times slower than float32.
    """
    import torch

    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "fp32"


def _placed(
    folder: Path, config: Any, precision: str, memory: Mapping[int | str, int | str] | None
) -> tuple[Any, str]:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    kind = fitting_precision() if precision == "auto" else precision
    offload = cache_folder() / "offload"
    wanted: dict[str, Any] = {
        "local_files_only": True,
        "use_safetensors": True,  # other forms of weights can run code when they are opened
        "device_map": "auto",
        "max_memory": None if memory is None else dict(memory),
        "offload_folder": str(offload),
        **_dtype(kind),
    }
    family: Any = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    model, told = family.from_pretrained(folder, output_loading_info=True, **wanted)
    # what has no weights would be filled with random numbers
    absent = [*told["missing_keys"], *(key for key, *_ in told["mismatched_keys"])]
    if absent:
        raise ValueError(f"{len(absent)} weights are missing, {sorted(absent)[0]} among them")
    return model, kind


def _dtype(kind: str) -> dict[str, Any]:
    if kind in ("8bit", "4bit"):
        if importlib.util.find_spec("bitsandbytes") is None:
            raise ImportError(f"{kind} needs the package bitsandbytes: pip install bitsandbytes")
        from transformers import BitsAndBytesConfig

        made: Any = BitsAndBytesConfig
        quantized = made(
            load_in_8bit=kind == "8bit",
            load_in_4bit=kind == "4bit",
            bnb_4bit_compute_dtype=_torch_dtype(fitting_precision()),
        )
        return {"quantization_config": quantized, "dtype": _torch_dtype(fitting_precision())}
    return {"dtype": _torch_dtype(kind)}


def _torch_dtype(kind: str) -> Any:
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[kind]


def _window(config: Any, tokenizer: Any) -> int:
    text = config.get_text_config(decoder=True)
    told = [
        getattr(text, "max_position_embeddings", None),
        getattr(text, "n_positions", None),
        # tokenizers that know no end say 10 to the 30th
        tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None,
    ]
    known = [int(one) for one in told if one]
    return min(known) if known else (512 if config.is_encoder_decoder else DEFAULT_WINDOW)


def _line(error: BaseException) -> str:
    words = str(error).strip().splitlines()
    return (words[0] if words else type(error).__name__)[:200]
