"""What people may write goes through the programs that read it in earnest: a datum that is taken is a value there and nothing else."""

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lab.layout import NODES
from tests.lab.nodes import converge, everywhere, on
from tests.unit.cluster.test_cib import EMPTY
from tests.unit.prepared import prepare
from tests.unit.run.drawn_data import taken
from tests.unit.run.test_data_rendered import DEFAULTS, HOSTILE
from webha.cluster.cib import Wanted, merged
from webha.gluster import mount_unit
from webha.run.data import KINDS, unfit

CASES = 8
FOLDER = PurePosixPath("/root/webha-parsers")
# What only chooses among files, machines and clouds, or what they must have, stands in no file that a program reads.
LEFT = {
    *("minimum_ram_mb", "minimum_disk_mb", "maximum_clock_skew"),
    *("nodes_group", "control_group", "failover", "failovers", "https", "https_certificate", "https_key", "vip", "domain"),
    *("vip_netmask", "drupal_archive", "drupal_checksum", "drupal_releases", "drupal_version", "drupal_insecure", "drupal_feed", "site_keep", "site_source", "site_code", "site_mail_relay"),
    *("mariadb_repository", "mariadb_repository_key"),
}  # fmt: skip
BROKEN = "broken"  # the case in which every file has a line that is none, by which it is seen that it is read
READ = {
    *("agent.sh", "corosync.conf", "firewall.nft", "galera.cnf", "php.ini", "commands.ini", "webha.conf", "webha-health.conf", "webha-protection.conf"),
    *("cron.php", "health.php", "install.php", "settings.php", "settings.webha.php", "cib.xml"),
    *("daemon.service", "webha-cron.service", "webha-docroot.service", "webha-firewall.service", "webha-handover.service"),
    *("webha-cron.timer", "webha-docroot.timer", mount_unit(DEFAULTS["drupal_root"])),
}  # fmt: skip


def drawn() -> list[dict[str, Any]]:
    """The same data each time: as much as validation takes of defaults with something put in that a format could take for its own."""
    found: list[dict[str, Any]] = [DEFAULTS | HOSTILE]

    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(taken(tuple(sorted(set(KINDS) - LEFT))))
    def collect(data: dict[str, Any]) -> None:
        found.append(DEFAULTS | data)

    collect()
    return found


def rendered(data: dict[str, Any]) -> dict[str, str]:
    """The files of the first node, by the name that they have there as far as a program asks for it."""
    texts = {}
    for name, template, _, text in prepare("deploy.py", **data).rendered:
        if name == NODES[0].name:
            texts[PurePosixPath(template).name.removesuffix(".j2")] = text
    texts[mount_unit(data["drupal_root"])] = texts.pop("docroot.mount")
    configuration, _ = merged(EMPTY, Wanted(data["cluster_properties"], data["resource_defaults"]))
    texts["cib.xml"] = (
        '<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">'
        + configuration
        + "<status/></cib>"
    )
    return texts


@pytest.fixture(scope="module")
def seen(deployed: str) -> dict[str, Any]:
    """What the programs of a node said of each case, and the case's data."""
    assert deployed
    here = NODES[0].root / FOLDER.relative_to("/")
    shutil.rmtree(here, ignore_errors=True)
    cases = {}
    for number, data in enumerate(drawn()):
        assert unfit(data) == []
        texts = rendered(data)
        case = f"case-{number:02}"
        cases[case] = data
        (here / case).mkdir(parents=True)
        for name, text in texts.items():
            (here / case / name).write_text(text)
    (here / BROKEN).mkdir()
    for name, text in rendered(DEFAULTS).items():
        begin, end = ("[mysqld]\nnone = 'none\n", "") if name == "galera.cnf" else ("", "\n<({[ 'none\n")
        (here / BROKEN / name).write_text(f"{begin}{text}{end}")
    shutil.copy(Path(__file__).with_name("parsers.py"), here / "parsers.py")
    said = json.loads(on(NODES[0].name, f"python3 -I {FOLDER}/parsers.py {FOLDER}"))
    shutil.rmtree(here)
    return {**said, "data": cases}


@pytest.mark.any_release
def test_no_program_stumbles_over_a_value(seen: dict[str, Any]) -> None:
    assert len(seen["data"]) > CASES
    assert {case: said for case, said in seen["problems"].items() if said and case != BROKEN} == {}


@pytest.mark.any_release
def test_every_file_is_read_by_its_program(seen: dict[str, Any]) -> None:
    assert READ - set(seen["problems"][BROKEN]) == set()


@pytest.mark.any_release
def test_a_value_is_read_as_it_was_written(seen: dict[str, Any]) -> None:
    for case, data in seen["data"].items():
        read = seen["values"][case]
        for key, value in data["php_settings"].items():
            if isinstance(value, str) and not value.isupper():
                assert read["php.ini"][key] == value, case
        assert set(data["drupal_trusted_hosts"]) <= set(read["trusted_hosts"]), case
        assert read["galera"][0] == data["galera_cluster_name"], case
        options = dict(pair.partition("=")[::2] for pair in read["galera"][1].split(";"))
        assert {key: str(value) for key, value in data["wsrep_provider_options"].items()}.items() <= options.items(), (
            case
        )


MARK = "/run/webha-lab.owned"
PAYLOAD = f"'\"`touch {MARK}`$(touch {MARK});touch {MARK}&&touch {MARK}|touch {MARK}\\"


@pytest.mark.long
def test_no_command_runs_that_a_value_holds(deployed: str) -> None:
    """Through every shell on the way: pyinfra's, sudo's, the nodes', crm's, gluster's."""
    assert deployed
    hostile = {
        "cluster_properties": DEFAULTS["cluster_properties"] | {"webha-test": PAYLOAD},
        "gluster_options": DEFAULTS["gluster_options"] | {"user.webha-test": PAYLOAD},
        "php_settings": DEFAULTS["php_settings"] | {"webha.test": PAYLOAD.replace("'", "")},
        "drupal_trusted_hosts": [f"^{PAYLOAD.replace('|', '').rstrip(chr(92))}$"],
        "drupal_site_name": PAYLOAD,
    }
    assert unfit(DEFAULTS | hostile) == []
    words = [word for key, value in hostile.items() for word in ("--data", f"{key}={json.dumps(value)}")]
    try:
        converge("deploy.py", *words)
        assert converge("deploy.py", *words).converged
        assert on(NODES[0].name, "crm_attribute -t crm_config -n webha-test -G -q") == PAYLOAD
        assert PAYLOAD in on(NODES[0].name, "gluster volume get fs_ha user.webha-test")
        kept = on(
            NODES[0].name,
            'php -n -r \'echo parse_ini_file(glob("/etc/php/*/apache2/conf.d/90-webha.ini")[0])["webha.test"];\'',
        )
        assert kept == hostile["php_settings"]["webha.test"]
        assert set(everywhere(f"ls {MARK} 2>/dev/null || :").values()) == {""}
        assert not Path(MARK).exists()
    finally:
        on(NODES[0].name, "crm_attribute -t crm_config -n webha-test -D", check=False)
        on(NODES[0].name, "gluster --mode=script volume reset fs_ha user.webha-test", check=False)
        converge("deploy.py")
