r"""Tell how many ordinary documents are taken for ones that speak to a model, and what of them.

    python scripts/measure_suspicion.py kb/site-policy.zip kb/device-manuals.zip tune/nfcorpus/corpus.jsonl.gz

Takes zip archives of text files, and JSON lines with "text", plain or gzip.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from knowledge_base.suspicion import suspicions
from prompts.escaping import markers


def main() -> None:
    """Print a line for each file, and one for each finding."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    for path in parser.parse_args().files:
        count = flagged = escaped = 0
        for name, text in texts_of(path):
            count += 1
            found = suspicions(text)
            flagged += bool(found)
            escaped += bool(markers(text))
            for one in found:
                print(f"  {name}: {one.kind.value}: {one.quote!r}")
        print(f"{path.name}: {flagged} of {count} flagged; markers to escape in {escaped}")


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Give the documents of a file, each with its name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if not name.endswith("/"):
                    yield name, archive.read(name).decode("utf-8", "replace")
        return
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for number, line in enumerate(raw.decode("utf-8").splitlines(), 1):
        record = json.loads(line)
        yield str(record.get("_id", number)), str(record["text"])


if __name__ == "__main__":
    main()
