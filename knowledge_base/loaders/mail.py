"""Mail (EML): the headers people read, the body, and attachments of known kinds."""

from __future__ import annotations

import email
import email.policy
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import PurePosixPath
from typing import Any

from knowledge_base.errors import EncryptedFile, LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.html import add_html
from knowledge_base.loaders.text import add_text
from knowledge_base.types import Document

HEADERS = ("From", "To", "Cc", "Date")

# what the standard parser lets through for headers and parts that break the rules
_DAMAGED = (MessageError, ValueError, LookupError, AttributeError, TypeError, AssertionError)


def load_mail(data: bytes, source: str) -> Document:
    """Return a mail as a document: subject, sender, receivers and date, then the body.

    Raises:
        LoadError: If it is not a mail.
        EncryptedFile: If it is encrypted.
    """
    name = PurePosixPath(source).name
    builder = DocumentBuilder(source, name, "message/rfc822")
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        if message.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime"):
            raise EncryptedFile(f"{name}: the mail is encrypted; save it decrypted")
        if not any(message.get(header) for header in ("From", "To", "Subject", "Date", "Received")):
            raise LoadError(f"{name}: this is not a mail (it has no header); check its ending")
        subject = str(message.get("Subject", "")).strip()
        facts = {header: str(message.get(header, "")).strip() for header in HEADERS}
        builder.heading(subject, 1)
        builder.add("\n".join(f"{key}: {value}" for key, value in facts.items() if value))
        _add_body(builder, message, name)
        _add_attachments(builder, message, source)
    except _DAMAGED as error:
        if isinstance(error, LoadError):
            raise
        raise LoadError(f"{name}: the mail is damaged ({error}); save it again") from error
    metadata = {"author": facts["From"], "date": facts["Date"]}
    return builder.build(title=subject or None, metadata=metadata, empty="the mail has no text")


def _add_body(builder: DocumentBuilder, message: EmailMessage, name: str) -> None:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return
    text = _text(body, name)
    if body.get_content_subtype() == "html":
        add_html(builder, text)
    else:
        add_text(builder, text)


def _text(part: Any, name: str) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    charset = part.get_content_charset()
    if charset:
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return decode(payload, name, markup=True)


def _add_attachments(builder: DocumentBuilder, message: EmailMessage, source: str) -> None:
    from knowledge_base.loaders.detect import SUPPORTED, load_bytes

    for part in message.iter_attachments():
        filename = part.get_filename() or ""
        payload = part.get_payload(decode=True)
        if PurePosixPath(filename).suffix.lower() not in SUPPORTED or not isinstance(
            payload, bytes
        ):
            continue
        try:
            attached = load_bytes(payload, filename, f"{source}/{filename}")
        except LoadError:
            continue  # the mail itself is still worth having
        builder.leave_headings()
        builder.heading(filename, 1)
        builder.include(attached)
