"""A domain with the files that prove it, as servers take them in their configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from s2s.pki import Identity


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM files: ``certificate`` holds the chain as it is to be presented, ``private_key`` the key of its leaf."""

    domain: str
    certificate: Path
    private_key: Path

    @staticmethod
    def of(identity: Identity, domain: str, directory: Path, name: str | None = None) -> Credentials:
        """Write ``identity``, by which ``domain`` is to be proved, into ``directory``, as ``name`` or the domain."""
        files = identity.write(directory, name or domain)
        return Credentials(domain, files.certificate, files.private_key)


Certify: TypeAlias = Callable[..., Credentials]  # (domain, kind="ordinary"): credentials of that kind in s2s.pki.KINDS
