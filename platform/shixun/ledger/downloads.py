"""Large downloads: written out within the request's transaction, then sent from a temporary file.

So the transaction ends before a slow reader does, and the size is bounded by the disk, not by memory.
"""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

from flask import Response

IN_MEMORY = 8 * 2**20  # bytes before the file goes to the disk
CHUNK = 2**18


def attachment(write: Callable[[IO[bytes]], object], name: str, mimetype: str) -> Response:
    """A response that saves as `name` what `write` has written to the file it is given."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    write(file)
    size = file.tell()
    file.seek(0)

    def send() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    response = Response(send(), mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.content_length = size
    response.call_on_close(file.close)
    return response
