"""What is somebody else's on bare machines: refused in a sentence before anything changes, and still there after."""

import pytest

from tests.lab.nodes import DOCROOT, everywhere, lab, on, refused

pytestmark = [pytest.mark.usefixtures("bare", "untouched"), pytest.mark.any_release]

# What people do who moved their databases to a larger disk: one machine with a shop on it.
SHOP = """
export DEBIAN_FRONTEND=noninteractive
apt-get -q update && apt-get -q -y install --no-install-recommends mariadb-server
systemctl start mariadb
mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1), (2), (3)'
systemctl stop mariadb
"""
ORDERS = "systemctl start mariadb; mariadb -NBe 'SELECT COUNT(*) FROM shop.orders'; systemctl stop mariadb"


@pytest.fixture(scope="module")
def shop(bare: str) -> None:
    """MariaDB of somebody's on nodoha2, stopped."""
    assert bare
    on("nodoha2", SHOP)


@pytest.fixture(scope="module", autouse=True)
def _bare_again(bare: str) -> object:
    assert bare
    yield
    lab("reset")


@pytest.fixture
def untouched() -> object:
    """Nothing on any node may differ after the test: no package, no file, no unit."""
    command = (
        "dpkg-query -W | sha256sum; find /etc /usr/local /srv /gluster /data /var/www -type f -exec sha256sum {} + 2>/dev/null | sort; "
        "ls /; systemctl is-active mariadb || true"
    )
    before = everywhere(command)
    yield
    after = everywhere(command)
    assert {name: sorted(set(before[name].split("\n")) ^ set(after[name].split("\n"))) for name in after} == {
        name: [] for name in after
    }


def placed(path: str, text: str) -> str:
    return f"mkdir -p $(dirname {path}); printf '%s\\n' '{text}' > {path}"


class TestSomebodysFiles:
    @pytest.fixture(autouse=True)
    def _photos(self) -> object:
        on("nodoha3", "mkdir -p /gluster /data; echo photo | tee /gluster/photo > /data/photo")
        yield
        assert on("nodoha3", "cat /gluster/photo /data/photo") == "photo\nphoto"
        on("nodoha3", "rm -r /gluster /data")

    def test_at_the_bricks_path_are_no_brick(self) -> None:
        assert "nodoha3: /gluster holds photo, of no volume" in refused("deploy.py")

    def test_are_not_reset(self) -> None:
        said = refused("tasks/reset.py", "--data", "confirm=hacloud", "--data", "gluster_brick=/data")
        assert "nodoha3: /data is no brick of fs_ha (photo)" in said

    def test_at_the_docroot_are_not_hidden(self) -> None:
        on("nodoha3", f"rm /gluster/photo; mkdir -p {DOCROOT}; echo theirs > {DOCROOT}/index.html")
        try:
            assert f"nodoha3: {DOCROOT} holds files of this node alone (index.html)" in refused("deploy.py")
            assert on("nodoha3", f"cat {DOCROOT}/index.html") == "theirs"
        finally:
            on("nodoha3", f"rm -r {DOCROOT}; echo photo > /gluster/photo")


class TestSomebodysCluster:
    def test_is_refused_before_anything(self) -> None:
        on(
            "nodoha",
            placed(
                "/etc/corosync/corosync.conf",
                "totem { cluster_name: shop }".replace(" { ", " {\n    ").replace(" }", "\n}"),
            ),
        )
        try:
            assert "nodoha: this node belongs to the cluster 'shop', not to 'hacloud'" in refused("deploy.py")
        finally:
            on("nodoha", "rm -r /etc/corosync")


@pytest.mark.usefixtures("shop")
class TestSomebodysDatabase:
    def orders(self) -> None:
        assert on("nodoha2", ORDERS) == "3", "the shop has lost its orders"

    @pytest.mark.parametrize("task", ["deploy.py", "tasks/galera.py"])
    def test_is_not_joined_over(self, task: str) -> None:
        said = refused(task)
        assert "nodoha2: has databases of its own (shop) and was never a member" in said
        assert "nothing was changed on any node" in said
        self.orders()

    def test_is_seen_through_a_link(self) -> None:
        on("nodoha2", "mv /var/lib/mysql /srv/mysql; ln -s /srv/mysql /var/lib/mysql")
        try:
            assert "nodoha2: has databases of its own (shop)" in refused("tasks/galera.py")
            self.orders()
        finally:
            on("nodoha2", "rm /var/lib/mysql; mv /srv/mysql /var/lib/mysql")

    def test_is_seen_while_it_runs(self) -> None:
        on("nodoha2", "systemctl start mariadb")
        try:
            assert "nodoha2: has databases of its own (shop)" in refused("deploy.py")
            assert on("nodoha2", "systemctl is-active mariadb") == "active"
        finally:
            on("nodoha2", "systemctl stop mariadb")

    @pytest.mark.parametrize("file", ["/etc/mysql/my.cnf", "/etc/mysql/conf.d/zz-theirs.cnf"])
    @pytest.mark.parametrize("runs", [False, True], ids=["stopped", "running"])
    def test_is_seen_where_a_file_of_theirs_puts_it(self, file: str, runs: bool) -> None:
        real = on("nodoha2", f"readlink -m {file}")  # my.cnf is a link of Debian's alternatives
        on(
            "nodoha2",
            f"[ ! -e {real} ] || cp -a {real} /root/kept; mv /var/lib/mysql /srv/db; printf '[mysqld]\\ndatadir = /srv/db\\n' >> {real}",
        )
        if runs:
            on("nodoha2", "systemctl start mariadb")
        try:
            said = refused("tasks/galera.py")
            assert "nodoha2: mariadbd keeps its data in /srv/db" in said
            self.orders()
        finally:
            on(
                "nodoha2",
                f"systemctl stop mariadb; mv /srv/db /var/lib/mysql; rm {real}; [ ! -e /root/kept ] || mv /root/kept {real}",
            )

    def test_is_seen_on_a_disk_of_its_own(self) -> None:
        on(
            "nodoha2",
            "mv /var/lib/mysql /srv/kept; mkdir /var/lib/mysql; mount -t tmpfs -o size=400m tmpfs /var/lib/mysql; mkdir -m 700 /var/lib/mysql/lost+found; "
            "cp -a /srv/kept/. /var/lib/mysql/; chown mysql: /var/lib/mysql",
        )
        try:
            assert "nodoha2: has databases of its own (shop)" in refused("tasks/galera.py")
            self.orders()
        finally:
            on("nodoha2", "umount /var/lib/mysql; rmdir /var/lib/mysql; mv /srv/kept /var/lib/mysql")

    def test_and_what_else_lies_there_is_seen(self) -> None:
        on("nodoha2", "mv /var/lib/mysql/shop /srv/; echo dump > /var/lib/mysql/shop.sql")
        try:
            assert "not known as MariaDB's (shop.sql)" in refused("tasks/galera.py")
        finally:
            on("nodoha2", "rm /var/lib/mysql/shop.sql; mv /srv/shop /var/lib/mysql/")
        self.orders()

    def test_is_not_reset(self) -> None:
        assert "nodoha2: /var/lib/mysql holds what is not proved ours (shop)" in refused(
            "tasks/reset.py", "--data", "confirm=hacloud"
        )
        self.orders()
