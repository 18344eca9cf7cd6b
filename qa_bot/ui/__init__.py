"""The web page: a question box, answers with their evidence, and the documents they come from.

Gradio reads its switch for usage statistics when it is imported, so it is turned off here, before
any module of this package imports it.
"""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
