"""Worked-out wordings kept in a file between two starts (缓存): a start takes one second instead of three.

The file is a cache and nothing else: it lies in the service's own folder, is named after everything that went into it,
and is worked out anew when it is missing, old or broken.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path

import structlog

import knowledge
from knowledge.features import Tuning
from knowledge.lexicon import Lexicon
from knowledge.prepared import Prepared

log = structlog.get_logger(__name__)


class PreparedStore:
    """One folder of prepared wordings; only the newest file is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, lexicon: Lexicon) -> Prepared | None:
        """Give what was kept for just this lexicon and this code; None if there is nothing of use."""
        path = self._path(lexicon)
        try:
            with path.open("rb") as file:
                # A pickle runs code: one that somebody else wrote, or could have written, is not opened.
                kept = os.fstat(file.fileno())
                if kept.st_uid != os.geteuid() or kept.st_mode & 0o022:
                    return None
                prepared = pickle.load(file)
        except FileNotFoundError:
            return None
        except Exception:
            log.warning("kept wordings unreadable, working them out anew", file=path.name)
            return None
        return prepared if isinstance(prepared, Prepared) else None

    def save(self, prepared: Prepared, lexicon: Lexicon) -> None:
        """Keep ``prepared``; a folder that cannot be written costs the next start its haste, nothing else."""
        path = self._path(lexicon)
        unfinished = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                pickle.dump(prepared, file, protocol=5)
            unfinished.replace(path)
            for other in self._folder.glob("wordings-*.pickle"):
                if other != path:
                    other.unlink(missing_ok=True)
        except OSError as error:
            log.warning("wordings not kept", error=type(error).__name__)

    def _path(self, lexicon: Lexicon) -> Path:
        sources = sorted(Path(knowledge.__path__[0]).glob("*.py"))
        code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
        mark = hashlib.sha256(f"{lexicon.fingerprint()}{Tuning()}{code}".encode()).hexdigest()[:16]
        return self._folder / f"wordings-{mark}.pickle"
