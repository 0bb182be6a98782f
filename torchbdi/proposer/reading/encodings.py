"""From a file's bytes to its text: UTF-8, UTF-16 and UTF-32, and cp1252."""

from __future__ import annotations

import codecs

from ...kernels.errors import InputError

# The longer ones first: UTF-32 begins like UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


BOM = "\ufeff"


def marked(content: bytes) -> bool:
    """Whether a file comes from a program that reads UTF-8 by its byte order mark alone.

    So do spreadsheets, which write a mark, UTF-16, the code page of a country, or a workbook.
    """
    try:
        return content.decode("utf-8").startswith(BOM)
    except UnicodeDecodeError:
        return True


def decoded(name: str, content: bytes) -> tuple[str, list[str]]:
    """A file's text, and what to tell of its encoding.

    Raises:
        InputError: it is no text in UTF-8, in cp1252, or with a byte order mark.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            body = content[len(mark) :] if encoding == "utf-8" else content
            try:
                text = body.decode(encoding)
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{name}: its byte order mark says {encoding}, but byte {error.start} is not. "
                    "Save it as 'CSV UTF-8'."
                ) from error
            return text.replace("\0", ""), []
    if (wide := _wide(content)) is not None:
        try:
            text = content.decode(wide)
        except UnicodeDecodeError:
            pass
        else:
            return text, [f"The file has no byte order mark; it was read as {wide}."]
    if b"\0" in content:
        raise InputError(
            f"{name}: no text: byte {content.index(0)} is zero. Save it as 'CSV UTF-8'."
        )
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        start_of_line = before.rfind(b"\n") + 1
        place = f"line {line}, column {error.start - start_of_line + 1}"
        bad = content[error.start]
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: neither UTF-8 nor cp1252 text: byte {content[error.start]:#04x} at offset "
            f"{error.start} is neither (the first that is not UTF-8 is in {place}). Save it as "
            "'CSV UTF-8'."
        ) from error
    shown = bytes([bad]).decode("cp1252")
    return text, [
        f"The file is not UTF-8 ({place}); it was read as cp1252, where that is {shown!r}."
    ]


def _wide(content: bytes) -> str | None:
    """UTF-16 where every other byte is zero, as in plain text without a byte order mark."""
    high, low = content[::2], content[1::2]
    for zeros, others, encoding in ((low, high, "utf-16-le"), (high, low, "utf-16-be")):
        if len(content) % 2 == 0 and 0 not in others and 10 * zeros.count(0) > 9 * len(zeros) > 0:
            return encoding
    return None
