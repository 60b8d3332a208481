"""Restore points that are kept on another machine, by ssh, and in S3."""

import signal
import subprocess
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.nodes import ADDRESSES, DOCROOT, ROOT, converge, lab, on, refused
from tests.lab.restorepoints import CONFIRM, point, share, status

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]
GATEWAY = "10.0.0.1"


_a_share = pytest.fixture(scope="module", autouse=True)(share)


@pytest.fixture
def far() -> Iterator[tuple[str, ...]]:
    """The data of another machine that is reached by ssh; the lab has a node play it."""
    home = "/srv/keeper"
    on("nodoha3", f"useradd -r -m -d {home} -s /bin/sh keeper; install -d -m 700 -o keeper {home}/.ssh {home}/points")
    key = " ".join(on("nodoha3", "cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])
    yield (
        "--data",
        f"backup_target=sftp://keeper@{ADDRESSES['nodoha3']}/{home}/points",
        "--data",
        f"backup_host_key={key}",
    )
    on("nodoha", f"rm -rf {DOCROOT}/.webha-backup")
    on("nodoha3", f"userdel keeper; rm -rf {home}")


def test_another_machine_is_reached_by_ssh_and_a_second_password_opens_it(far: tuple[str, ...]) -> None:
    data = (*far, "--data", "backup_second_password=True")
    assert "does not take the cluster's key" in refused("tasks/backup.py", *data)
    public = (ROOT / "secrets/backup_ssh_key.pub").read_text().strip()
    on(
        "nodoha3",
        f"echo 'restrict,command=\"internal-sftp\" {public}' > /srv/keeper/.ssh/authorized_keys; chown keeper /srv/keeper/.ssh/*",
    )
    wrong = [
        *data[:3],
        "backup_host_key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3mYkZ5bXuF8Z1T7nQ0nqk1r5m1mJm0bGmO2m1m1m1m",
    ]
    said = refused("tasks/backup.py", *wrong)
    assert "has another host key than backup_host_key says" in said, said[-900:]
    point(converge("tasks/backup.py", *data))
    assert converge("tasks/backups.py", *data).converged
    converge("tasks/drill.py", *data)
    assert status(data)["healthy"]
    second = (ROOT / "secrets/backup_second_password").read_text().strip()
    said = on(
        "nodoha3",
        f"RESTIC_PASSWORD={second} restic -r /srv/keeper/points snapshots --tag webha; rm -rf /root/.cache/restic",
    )
    assert "1 snapshots" in said


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """The data of a bucket, in a server of S3 of the lab's own (moto), at its gateway; it takes any access key."""
    venv.create(tmp_path / "moto", with_pip=True)
    subprocess.run([tmp_path / "moto/bin/pip", "install", "-q", "moto[server]>=5"], check=True, timeout=900)
    (ROOT / "secrets/backup_s3_id").write_text("somebody\n")
    (ROOT / "secrets/backup_s3_secret").write_text("a-word-of-theirs\n")
    words = ["script/lab", "run", str(tmp_path / "moto/bin/moto_server"), "-H", GATEWAY, "-p", "9000"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            time.sleep(10)
            lab("run", "curl", "-s", "-f", "-X", "PUT", f"http://{GATEWAY}:9000/points")
            yield "--data", f"backup_target=s3:http://{GATEWAY}:9000/points/webha"
        finally:
            server.send_signal(signal.SIGINT)
            on("nodoha", f"rm -rf {DOCROOT}/.webha-backup")


@pytest.mark.long
def test_s3_keeps_them(bucket: tuple[str, ...]) -> None:
    point(converge("tasks/backup.py", *bucket))
    converge("tasks/drill.py", *bucket)
    assert status(bucket)["healthy"]
    table = ("--data", "table=users")
    assert "table users of the point" in converge("tasks/restore.py", *bucket, *CONFIRM, *table).text
    nobody = ("--data", f"backup_target=s3:http://{GATEWAY}:9001/points")
    said = refused("tasks/backup.py", *nobody)
    # restic of Debian 12 gives up at once, a newer one tries again until it is ended.
    assert "can it be reached?" in said or ":9001/points cannot be reached: " in said, said[-2000:]
