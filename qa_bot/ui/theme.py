"""The look: a Gradio theme of system fonts and few colours; the style sheets do the rest."""

from __future__ import annotations

import gradio as gr

_SANS = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "sans-serif",
)
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")


def theme() -> gr.themes.Base:
    """Return the theme; its fonts are those of the reader's system, so that none is fetched."""
    return gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=_SANS, font_mono=_MONO).set(
        body_background_fill="#f6f6f3",
        body_background_fill_dark="#131615",
        body_text_color="#1c2220",
        body_text_color_dark="#e7ebe9",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1a1e1d",
        background_fill_secondary="#f0f0ec",
        background_fill_secondary_dark="#222726",
        border_color_primary="#deded8",
        border_color_primary_dark="#333a38",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1a1e1d",
    )
