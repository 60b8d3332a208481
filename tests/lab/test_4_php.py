"""PHP's Apache module, switched off by hand on the node that serves: the address leaves, and a deploy puts it right."""

import json
from pathlib import Path
from shlex import quote

import pytest

from tests.lab.nodes import ADDRESSES, VIP, converge, eventually, everywhere, on, page, pyinfra, whole

SOURCE = "<?php"


def holders() -> list[str]:
    seen = everywhere(f"ip -4 -o address show | grep -c ' {VIP}/' || true")
    return [name for name in ADDRESSES if seen[name] == "1"]


@pytest.fixture
def without(deployed: str) -> str:
    """The node that held the address, its pages handed out as source, with 200."""
    assert deployed
    whole()
    (name,) = holders()
    on(
        name,
        "a2dismod -q -f $(cd /etc/apache2/mods-enabled; echo php*.load | sed s/.load//); kill -USR1 $(cat /run/apache2/apache2.pid)",
    )
    return name


@pytest.mark.any_release
def test_a_node_without_php_is_left_named_and_mended(without: str, tmp_path: Path) -> None:
    eventually(lambda: holders() not in ([], [without]), 60, f"the address leaves {without}")
    assert SOURCE not in page()
    run = pyinfra("tasks/status.py", "--data", f"report={tmp_path / 'report'}")
    assert run.code == 1
    problems = json.loads((tmp_path / "report").read_text())["layers"]["apache"]["problems"]
    assert problems == [f"{without}: Apache hands out PHP's source, its PHP module is off: run tasks/apache.py"]
    changed = converge("tasks/apache.py").changed
    assert changed["Apache: sites"] == [without]
    ready = "attrd_updater -Q -n webha-ready -N $(hostname)"
    eventually(lambda: 'value="1000"' in on(without, ready), 60, f"{without} is ready")
    assert converge("tasks/apache.py").converged


# Takes one mail, and leaves it in a file.
RELAY = """
import socket
peer, _ = socket.create_server(('127.0.0.1', 2525)).accept()
file = peer.makefile('rwb', buffering=0)
file.write(b'220 here\\r\\n')
kept, text = b'', False
for line in file:
    kept += line
    word = line.strip().upper()
    if text and word != b'.':
        continue
    text = word == b'DATA'
    file.write(b'354 go\\r\\n' if text else b'221 bye\\r\\n' if word == b'QUIT' else b'250 well\\r\\n')
    if word == b'QUIT':
        break
open('/run/mail.seen', 'wb').write(kept)
"""


@pytest.mark.any_release
def test_mail_leaves_by_the_relay_as_apaches_php_and_crons_send_it(deployed: str) -> None:
    assert deployed
    relayed = ("tasks/apache.py", "--data", "site_mail_relay=127.0.0.1:2525")
    converge(*relayed)
    try:
        assert converge(*relayed).converged
        for kind in ("apache2", "cli"):
            on(
                "nodoha",
                f"rm -f /run/mail.seen; systemd-run -q --unit=theirs-{kind} python3 -c {quote(RELAY)}; sleep 1",
            )
            folder = on("nodoha", f"echo /etc/php/*/{kind}/conf.d")
            sent = f'PHP_INI_SCAN_DIR={folder} runuser -u www-data -- php -r \'exit(mail("ana@example.org", "Hello", "From {kind}") ? 0 : 1);\''
            on("nodoha", sent, timeout=60)
            eventually(
                lambda: on("nodoha", "test -s /run/mail.seen && echo there || :") == "there", 10, "the relay has it"
            )
            seen = on("nodoha", "cat /run/mail.seen")
            assert "MAIL FROM:<admin@example.org>" in seen
            assert f"From {kind}" in seen
    finally:
        on("nodoha", "systemctl stop 'theirs-*'; rm -f /run/mail.seen")
        converge("tasks/apache.py")
