"""What models are told: templates in English and Chinese, loaded and rendered. Never calls a model."""
