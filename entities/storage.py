"""Where uploads are kept, and what is done when there is no room for them."""

import errno
from typing import Any

from django.core.files.storage import FileSystemStorage


def is_disk_full(error: BaseException) -> bool:
    """No room on the device, or none left of our share of it."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class WholeFiles(FileSystemStorage):
    """A file is there whole or not at all: Django leaves the half that still found room."""

    def _save(self, name: str, content: Any) -> str:
        is_new = not self.exists(name)
        try:
            return super()._save(name, content)  # type: ignore[misc, no-any-return]  # the stubs leave it out
        except OSError:
            if is_new:
                self.delete(name)
            raise
