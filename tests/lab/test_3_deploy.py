"""The deployed cluster: what stands on every node, that a second run changes nothing, that one datum changes one thing."""

import shlex

import pytest
from testinfra.host import Host

from tests.lab import nodes
from tests.lab.nodes import (
    ADDRESSES,
    DOCROOT,
    MOUNT,
    STEPS,
    VIP,
    converge,
    everywhere,
    lab,
    on,
    page,
    pyinfra,
    refused,
)


class TestEveryNode:
    @pytest.mark.parametrize(
        "unit",
        [
            *("mariadb", "corosync", "pacemaker", "glusterd", MOUNT, "webha-docroot.timer", "webha-cron.timer"),
            *(
                "webha-firewall",
                "webha-ready",
                "webha-guard",
                "webha-handover",
                "webha-galera-keeper",
                "webha-aside",
            ),
        ],
    )
    def test_runs_and_starts_at_boot(self, node: Host, unit: str) -> None:
        assert node.service(unit).is_running
        assert node.service(unit).is_enabled

    def test_leaves_apache_to_pacemaker(self, node: Host) -> None:
        shown = node.check_output("systemctl show -p Type,ActiveState,SubState apache2.service").splitlines()
        assert set(shown) == {"Type=oneshot", "ActiveState=active", "SubState=exited"}
        assert "pacemaker.service" in node.check_output("cat /proc/$(cat /run/apache2/apache2.pid)/cgroup")

    def test_is_a_synced_member_of_three(self, node: Host) -> None:
        rows = dict(
            line.split("\t")
            for line in node.check_output("mariadb -NBe \"SHOW STATUS LIKE 'wsrep_%'\"").splitlines()
            if line.count("\t") == 1
        )
        assert rows["wsrep_cluster_size"] == "3"
        assert rows["wsrep_local_state_comment"] == "Synced"
        assert rows["wsrep_cluster_status"] == "Primary"

    def test_sees_three_nodes_online(self, node: Host) -> None:
        assert "Online: [ nodoha nodoha2 nodoha3 ]" in node.check_output("crm_mon -1")

    def test_has_the_volume_at_the_docroot_through_the_client(self, node: Host) -> None:
        mount = node.mount_point(DOCROOT)
        assert mount.exists
        assert mount.filesystem == "fuse.glusterfs"
        assert "Number of Bricks: 1 x 3 = 3" in node.check_output("gluster volume info fs_ha")

    def test_cannot_write_under_the_mount(self, node: Host) -> None:
        tried = node.run(f"unshare -m sh -c 'mount --make-rprivate / && umount {DOCROOT} && touch {DOCROOT}/stray'")
        assert tried.rc != 0
        assert "not permitted" in tried.stderr

    def test_knows_every_node_by_its_cluster_address(self, node: Host) -> None:
        for name, address in ADDRESSES.items():
            assert node.check_output(f"getent ahostsv4 {name} | cut -d' ' -f1 | sort -u") == address

    def test_encrypts_the_ring_with_one_key_for_root_only(self, node: Host) -> None:
        key = node.file("/etc/corosync/authkey")
        assert (key.mode, key.user, key.size) == (0o400, "root", 256)
        assert "crypto_cipher: aes256" in node.file("/etc/corosync/corosync.conf").content_string

    def test_has_code_that_the_web_server_cannot_write(self, node: Host) -> None:
        def as_www_data(command: str) -> int:
            return int(node.run(f"runuser -u www-data -- {command}").rc)

        assert as_www_data(f"test -w {DOCROOT}/index.php") != 0
        assert as_www_data(f"touch {DOCROOT}/core/x") != 0
        assert as_www_data(f"test -w {DOCROOT}/sites/default/settings.php") != 0
        assert as_www_data(f"test -r {DOCROOT}/sites/default/settings.php") == 0
        assert as_www_data(f"test -w {DOCROOT}/sites/default/files") == 0
        settings = node.file(f"{DOCROOT}/sites/default/settings.php")
        assert (settings.mode, settings.user, settings.group) == (0o440, "root", "www-data")

    def test_says_that_it_is_ready_to_the_cluster_only(self, node: Host) -> None:
        assert node.check_output("curl -s http://127.0.0.1:8081/") == "ready"
        assert "Apache Server Status" in node.check_output("curl -s http://127.0.0.1:8081/server-status")
        assert node.run(f"curl -s -m 3 http://{VIP}:8081/").rc != 0
        assert node.check_output("attrd_updater -n webha-ready -Q").endswith('value="1000"')

    def test_has_all_bricks_online_and_nothing_to_heal(self, node: Host) -> None:
        assert node.check_output("gluster volume heal fs_ha info | grep -c 'Number of entries: 0'") == "3"


class TestTheCluster:
    @pytest.mark.usefixtures("deployed")
    def test_serves_the_page_at_the_vip(self) -> None:
        assert "<title>" in page()
        assert "Servidor Web HA" in page()

    def test_serves_no_settings_and_no_hidden_files(self, first: Host) -> None:
        for path in (
            "sites/default/settings.php",
            ".webha-release",
            "vendor/autoload.php",
            "sites/default/files/x.php",
        ):
            status = first.check_output(f"curl -s -o /dev/null -w '%{{http_code}}' http://{VIP}/{path}")
            assert status in ("403", "404"), f"{path}: {status}"

    def test_replicates_a_row(self, first: Host) -> None:
        first.check_output(
            "mariadb -e 'CREATE TABLE drupal.webha_probe (n INT PRIMARY KEY); INSERT INTO drupal.webha_probe VALUES (42)'"
        )
        try:
            assert (
                on("nodoha3", "mariadb -NBe 'SET SESSION wsrep_sync_wait=1; SELECT n FROM drupal.webha_probe'") == "42"
            )
        finally:
            first.check_output("mariadb -e 'DROP TABLE drupal.webha_probe'")

    def test_replicates_a_file(self, first: Host) -> None:
        first.check_output(f"echo written > {DOCROOT}/sites/default/files/probe.txt")
        try:
            assert on("nodoha2", f"cat {DOCROOT}/sites/default/files/probe.txt") == "written"
            assert on("nodoha3", "cat /gluster/sites/default/files/probe.txt") == "written"
        finally:
            first.check_output(f"rm {DOCROOT}/sites/default/files/probe.txt")

    def test_runs_cron_on_the_holder_of_the_vip_only(self, deployed: str) -> None:
        assert deployed
        holder = {name: bool(text) for name, text in everywhere(f"ip -4 -o a | grep -F ' {VIP}/' || true").items()}
        assert sorted(holder.values()) == [False, False, True]
        for name, holds in holder.items():
            on(name, "systemctl start webha-cron.service", check=False)
            result = on(name, "systemctl show -p Result --value webha-cron.service")
            assert result == ("success" if holds else "exec-condition"), name

    @pytest.mark.any_release
    def test_keeps_its_secrets(self, deployed: str) -> None:
        assert deployed
        folder = nodes.ROOT / "secrets"
        assert folder.stat().st_mode & 0o777 == 0o700
        words = {}
        for secret in folder.iterdir():
            assert secret.stat().st_mode & 0o777 == 0o600
            text = secret.read_text().strip()
            # Of a key in PEM one line tells it; a certificate is nobody's secret.
            words[secret.name] = text.splitlines()[1] if "PRIVATE KEY" in text else text
        assert "PRIVATE" not in words.pop("ca.crt")
        # Over its standard input: runuser writes its command line into the journal.
        given = f"printf '%s\\n' {' '.join(map(shlex.quote, words.values()))}"
        readable = f"runuser -u nobody -- grep -rlsFf - /etc /tmp /var/tmp /usr/local /run /var/log {DOCROOT}/sites"
        assert set(everywhere(f"{given} | {readable} || true").values()) == {""}
        logged = f"journalctl -q --no-pager > /run/all.log; {given} | grep -cFf - /run/all.log; rm /run/all.log"
        assert set(everywhere(logged).values()) == {"0"}
        assert on("nodoha", "cat /etc/apache2/webha-site.pem").count(words["site.pem"]) == 1
        landed = on("nodoha3", "base64 -w 0 /etc/apache2/webha-site.pem; rm /etc/apache2/webha-site.pem")
        said = "".join(pyinfra(f"tasks/{step}.py", "-y", "--debug").text for step in ("drupal", "apache"))
        assert on("nodoha3", "base64 -w 0 /etc/apache2/webha-site.pem") == landed
        assert not [one for one in (*words.values(), landed[200:300]) if one in said]


class TestAnotherRun:
    @pytest.mark.usefixtures("deployed")
    def test_of_the_whole_changes_nothing(self) -> None:
        run = converge("deploy.py")
        assert run.converged, run.changed

    @pytest.mark.long
    @pytest.mark.usefixtures("deployed")
    @pytest.mark.parametrize("step", STEPS)
    def test_of_each_step_alone_changes_nothing(self, step: str) -> None:
        run = converge(f"tasks/{step}.py")
        assert run.converged, run.changed

    @pytest.mark.usefixtures("deployed")
    @pytest.mark.long
    def test_that_is_dry_writes_nothing(self) -> None:
        look = (
            "cibadmin -Q -A //configuration; cat /var/lib/mysql/grastate.dat; gluster volume info; gluster peer status; "
            "find /etc /usr/local /var/spool /gluster/index.php /gluster/sites/default -xdev -printf '%p %T@ %C@ %m %U\\n' | sort"
        )
        before = everywhere(look)
        changed = [
            word
            for pair in ("corosync_token=4000", "vip_monitor_interval=33s", "wsrep_slave_threads=6")
            for word in ("--data", pair)
        ]
        run = pyinfra("deploy.py", "--dry", *changed)
        assert run.code == 0, run.text
        assert run.json is not None
        assert any(one["hosts_with_change"] for one in run.json["plan"]), "a dry run must show what would change"
        assert everywhere(look) == before


@pytest.mark.usefixtures("deployed")
@pytest.mark.any_release
class TestOneDatum:
    """Each is set, seen in force, and set back; nothing but what depends on it changes."""

    @pytest.mark.long
    def test_the_token_reloads_corosync(self) -> None:
        pids = everywhere("pidof corosync pacemakerd")
        setting = ("--data", "corosync_token=3500")
        run = converge("tasks/cluster.py", *setting)
        assert set(run.changed) == {
            "Cluster: Corosync takes its configuration",
            "Cluster: configuration",
            "Cluster: the configuration on disk is in force",
            # This knows how long a node may be silent, too: its values come with the first step that brings a program.
            "Cluster: stepping aside",
            "Cluster: a node that disturbs steps aside",
        }, run.changed
        assert set(converge("tasks/vip.py", *setting).changed) == {"VIP: a guard over the address"}
        assert set(everywhere("corosync-cmapctl -g runtime.config.totem.token").values()) == {
            "runtime.config.totem.token (u32) = 4150"
        }
        assert everywhere("pidof corosync pacemakerd") == pids
        assert converge("tasks/cluster.py", *setting).converged
        converge("tasks/cluster.py")
        converge("tasks/vip.py")

    def test_a_site_setting_reloads_apache_on_every_node(self) -> None:
        setting = ("--data", "server_name=www.example.org")
        run = converge("tasks/apache.py", *setting)
        assert set(run.changed) == {
            "Apache: OpenSSL takes the site's key and certificate",
            "Apache: the site's key and certificate",
            "Apache: sites",
            "Apache: the configuration on disk is in force",
        }
        assert run.changed["Apache: the configuration on disk is in force"] == sorted(ADDRESSES)
        again = converge("tasks/apache.py", *setting)
        assert again.converged, again.changed
        converge("tasks/apache.py")
        assert converge("tasks/apache.py").converged

    @pytest.mark.long
    def test_the_vip_moves_the_address(self) -> None:
        assert "run tasks/firewall.py with the same data first" in refused("tasks/vip.py", "--data", "vip=10.0.0.251")
        converge("tasks/firewall.py", "--data", "vip=10.0.0.251")
        run = converge("tasks/vip.py", "--data", "vip=10.0.0.251")
        assert run.changed["VIP: resources and constraints"] == ["nodoha"]
        assert "<title>" in lab("run", "curl", "-s", "-m", "30", "-H", f"Host: {VIP}", "http://10.0.0.251/")
        converge("tasks/firewall.py")
        converge("tasks/vip.py")
        assert converge("tasks/vip.py").converged
        assert "<title>" in page()

    @pytest.mark.long
    def test_a_galera_setting_restarts_one_node_after_the_other(self) -> None:
        run = converge("tasks/galera.py", "--data", "wsrep_slave_threads=3")
        assert set(run.changed) == {
            "Galera: MariaDB takes its configuration",
            "Galera: configuration",
            "Galera: the configuration on disk is in force",
        }
        assert set(everywhere("mariadb -NBe 'SELECT @@wsrep_slave_threads'").values()) == {"3"}
        converge("tasks/galera.py")
        assert converge("tasks/galera.py").converged

    def test_an_administrators_own_settings_stay(self, first: Host) -> None:
        first.check_output("crm_resource -r WebServer --meta -p target-role -v Started")
        first.check_output("crm configure primitive theirs ocf:pacemaker:Dummy op monitor interval=30s timeout=20s")
        try:
            assert converge("tasks/vip.py").converged
            live = first.check_output("crm configure show")
            assert "target-role=Started" in live
            assert "primitive theirs" in live
        finally:
            first.check_output(
                "crm_resource -r WebServer --meta -d target-role; crm resource stop theirs; sleep 2; crm configure delete theirs"
            )
