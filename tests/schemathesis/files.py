"""Files for the operations that take PDF: whole ones of our own making, and bytes that are none.

Schemathesis cannot make a file from "a string of bytes"; what it draws here is sent as it is.
"""

import schemathesis
from hypothesis import strategies

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"


def pdf(pages):
    """A file of so many empty pages, with its table of objects."""
    kids = b" ".join(b"%d 0 R" % (page + 3) for page in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        *[PAGE] * pages,
    ]
    file, table = b"%PDF-1.7\n", b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for number, entries in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, entries)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + table + trailer


schemathesis.openapi.media_type(
    "application/pdf",
    strategies.integers(min_value=1, max_value=5).map(pdf) | strategies.binary(max_size=200),
)
