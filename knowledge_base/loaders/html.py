"""HTML: the content with its headings, lists and tables; menus, scripts and notices dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.tables import add_rows
from knowledge_base.types import Document, SectionKind

_DROPPED = frozenset(
    (
        "script style noscript template iframe object embed svg canvas nav form button select "
        "input textarea dialog head audio video map"
    ).split(" ")
)
_BLOCKS = frozenset(
    (
        "address article aside blockquote body center dd details div dl dt fieldset figcaption "
        "figure footer header hgroup hr html legend li main ol p section summary table tbody td "
        "tfoot th thead tr ul pre h1 h2 h3 h4 h5 h6"
    ).split(" ")
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|cookies?|consent|sidebar|site-header|"
    r"site-footer|page-footer|skip-link|share|social|pagination|toc|advert|ads|related|newsletter)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "menu", "dialog", "alertdialog"}
)

MAIN_SHARE = 0.4
"""The share of the page's text from which ``<main>`` or ``<article>`` is taken as the content."""


def load_html(data: bytes, source: str) -> Document:
    """Return a web page as a document."""
    name = PurePosixPath(source).name
    tree = LexborHTMLParser(decode(data, name, markup=True))
    builder = DocumentBuilder(source, name, "text/html")
    add_tree(builder, tree)
    metadata = {}
    for key in ("author", "date", "description"):
        node = tree.css_first(f'meta[name="{key}"]')
        if node is not None and key != "description":
            metadata[key] = node.attributes.get("content") or ""
    heading = tree.css_first("h1")
    titled = tree.css_first("title")
    title = next((n.text() for n in (heading, titled) if n is not None and n.text().strip()), None)
    return builder.build(title=title, metadata=metadata, empty="the page has no visible text")


def add_html(builder: DocumentBuilder, html: str, *, whole_page: bool = False) -> None:
    """Add the content of a piece of HTML; with ``whole_page`` without its menus."""
    add_tree(builder, LexborHTMLParser(html), content_only=whole_page)


def add_tree(
    builder: DocumentBuilder, tree: LexborHTMLParser, *, content_only: bool = True
) -> None:
    """Add the content of a parsed page."""
    body = tree.body
    if body is None:
        return
    root = _content(body) if content_only else body
    _Walker(builder, drop_furniture=content_only).walk(root)
    if builder.is_empty and root is not body:
        _Walker(builder, drop_furniture=False).walk(body)


def _content(body: LexborNode) -> LexborNode:
    whole = len(body.text())
    for selector in ("main", '[role="main"]', "article"):
        found = body.css(selector)
        if len(found) == 1 and len(found[0].text()) >= MAIN_SHARE * whole:
            return found[0]
    return body


@dataclass
class _List:
    """A list that is open: whether its items are numbered, and the last number."""

    ordered: bool
    number: int = 0


@dataclass
class _Walker:
    """Walks a tree without recursion, gathering text until a block ends."""

    builder: DocumentBuilder
    drop_furniture: bool
    _text: list[str] = field(default_factory=list)
    _lists: list[_List] = field(default_factory=list)
    _mark: str = ""
    _kind: SectionKind = SectionKind.PARAGRAPH

    def walk(self, root: LexborNode) -> None:
        """Add everything below a node."""
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
            elif self._enter(node):
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(list(_children(node))))
        self._flush()

    def _enter(self, node: LexborNode) -> bool:
        """Begin a node; tell whether its children are to be walked."""
        tag = node.tag or ""
        if tag == "-text":
            self._text.append(node.text_content or "")
            return False
        if tag.startswith("-") or tag in _DROPPED or self._is_furniture(node, tag):
            return False
        if tag == "br":
            self._text.append("\n")
            return False
        if tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS:
            self.builder.heading(_inline(node), _HEADINGS[tag])
            return False
        if tag == "pre":
            self.builder.add(node.text(), SectionKind.CODE)
            return False
        if tag == "table" and _is_data(node):
            self._table(node)
            return False
        self._open(tag)
        return True

    def _open(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._lists.append(_List(tag == "ol"))
        elif tag == "li":
            self._kind = SectionKind.LIST_ITEM
            self._mark = "- "
            if self._lists and self._lists[-1].ordered:
                self._lists[-1].number += 1
                self._mark = f"{self._lists[-1].number}. "
        elif tag == "dd":
            self._kind = SectionKind.LIST_ITEM

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._flush()
        elif tag in ("td", "th"):
            self._text.append(" ")
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()

    def _flush(self) -> None:
        # line ends of the source are spaces; those of <br> were added as their own pieces
        pieces = [p if p == "\n" else re.sub(r"\s+", " ", p) for p in self._text]
        text = "".join(pieces).strip()
        self._text.clear()
        if not text:
            return
        self.builder.add(self._mark + text, self._kind)
        self._mark, self._kind = "", SectionKind.PARAGRAPH

    def _is_furniture(self, node: LexborNode, tag: str) -> bool:
        if not self.drop_furniture or tag in ("body", "html", "main", "article"):
            return False
        attributes = node.attributes
        if tag in ("footer", "aside") or attributes.get("role") in _ROLES:
            return True
        if tag == "header":
            # a page's header is furniture, unless it holds the page's own title
            return node.css_first("h1") is None
        if "hidden" in attributes or attributes.get("aria-hidden") == "true":
            return True
        named = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        return _FURNITURE.search(named) is not None and node.css_first("h1") is None

    def _table(self, table: LexborNode) -> None:
        caption = table.css_first("caption")
        if caption is not None:
            self.builder.add(_inline(caption))
        header: list[str] | None = None
        rows: list[list[str]] = []
        for row in table.css("tr"):
            cells = [cell for cell in _children(row) if cell.tag in ("td", "th")]
            texts = [text for cell in cells for text in _spread(cell)]
            in_head = row.parent is not None and row.parent.tag == "thead"
            if header is None and not rows and (in_head or all(c.tag == "th" for c in cells)):
                header = texts
            else:
                rows.append(texts)
        add_rows(self.builder, rows, header=header)


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _inline(node: LexborNode) -> str:
    return " ".join(node.text().split())


def _spread(cell: LexborNode) -> list[str]:
    """Return a cell's text, followed by empty cells for the further columns that it spans."""
    span = cell.attributes.get("colspan") or "1"
    width = min(int(span), 50) if span.isdecimal() else 1
    return [" ".join(cell.text(separator=" ").split()), *[""] * (width - 1)]


def _is_data(table: LexborNode) -> bool:
    """Tell a table of data from one that only lays out a page."""
    if table.css_first("table table, h1, h2, h3, ul, ol, pre") is not None:
        return False
    rows = table.css("tr")
    wide = sum(len([c for c in _children(row) if c.tag in ("td", "th")]) > 1 for row in rows)
    longest = max((len(cell.text()) for cell in table.css("td")), default=0)
    return wide > 0 and wide >= len(rows) / 2 and longest < 2000
