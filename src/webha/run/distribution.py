"""Which Debian a machine runs."""

from dataclasses import dataclass

from webha.ground import probe
from webha.ground.fact import Probe
from webha.ground.forms import AsJson


@dataclass(frozen=True)
class System(AsJson):
    """What os-release says: ``debian``, 13 (None: it names no number) and ``trixie`` (empty: it names none)."""

    name: str
    release: int | None
    codename: str


class Distribution(Probe[System]):
    """One :class:`System`. pyinfra's own LinuxDistribution takes a line that the login prints for the first file's name."""

    def command(self) -> str:
        """Ask os-release (os-release(5))."""
        return probe.script(
            {"distribution": '. /etc/os-release; echo "${ID:-unknown} ${VERSION_ID:--} ${VERSION_CODENAME:-}"'}
        )

    def answer(self, answers: probe.Answers) -> System:
        """Three words, the last of which may be missing."""
        if not answers["distribution"].ok:
            raise probe.ProbeError(answers["distribution"].text)
        name, release, *codename = answers["distribution"].text.split()
        return System(name, int(release) if release.isdigit() else None, *codename[:1] or [""])
