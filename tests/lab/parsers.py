"""Runs on a node: puts rendered files, a folder each case, through the programs that read them in earnest.

``parsers.py FOLDER`` prints JSON: by case and file, what its program refused, and by case what two of them read of the values.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

INI = "$read = parse_ini_file($argv[1], false, INI_SCANNER_NORMAL); echo json_encode($read, JSON_THROW_ON_ERROR); exit($read === false ? 1 : 0);"
SETTINGS = "$app_root = '/nowhere'; $site_path = 'x'; include $argv[1]; echo json_encode($settings['trusted_host_patterns'], JSON_THROW_ON_ERROR);"
UNITS = {".service", ".timer", ".mount"}
APACHE = {
    "webha.conf": "sites-available",
    "webha-health.conf": "sites-available",
    "webha-protection.conf": "conf-available",
}


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=60)


def problem(done: subprocess.CompletedProcess[str]) -> str:
    """Return what was said where it did not end well."""
    return f"{done.returncode}: {(done.stderr + done.stdout)[-600:]}" if done.returncode else ""


def of_xml(path: Path) -> str:
    from lxml import etree  # type: ignore[import-not-found]  # noqa: PLC0415 (crmsh brings it to the node)

    try:
        root = etree.parse(str(path)).getroot()
    except etree.XMLSyntaxError as error:
        return str(error)
    schema = etree.RelaxNG(file=f"/usr/share/pacemaker/{root.get('validate-with')}.rng")
    return "" if schema.validate(root) else str(schema.error_log)


def apache(path: Path) -> str:
    """Try a copy of the node's configuration with this file in the place of its own."""
    there = path.parent / "apache2"
    shutil.copytree("/etc/apache2", there, symlinks=True)
    shutil.copy(path, there / APACHE[path.name])
    words = f'cd "{there}"; . ./envvars; exec apache2 -t -d "{there}" -f "{there}/apache2.conf"'
    said = problem(ran("sh", "-c", words))
    shutil.rmtree(there)
    return said


def looked_at(path: Path) -> str:
    """Return what the program that reads this file says against it."""
    name, text = path.name, str(path)
    if name.endswith(".php"):
        return problem(ran("php", "-n", "-l", text))
    if name == "cib.xml":
        return of_xml(path)
    if name in APACHE:
        return apache(path)
    words = {
        "firewall.nft": ("nft", "-c", "-f", text),
        "corosync.conf": ("corosync", "-t", "-c", text),
        "agent.sh": ("sh", "-n", text),
        "galera.cnf": ("mariadbd", f"--defaults-file={text}", "--help", "--verbose"),
        "php.ini": ("php", "-n", "-r", INI, text),
        "commands.ini": ("php", "-n", "-r", INI, text),
    }.get(name)
    return problem(ran(*words)) if words else ""


def units(case: Path) -> dict[str, str]:
    """Return what systemd says against each unit; all in one call, for it loads what the node has beside them."""
    names = {one.name for one in case.iterdir() if one.suffix in UNITS}
    said = ran(
        "systemd-analyze", "verify", "--man=no", *(f"{case}/{name}" for name in sorted(names))
    ).stderr.splitlines()
    # It speaks of a unit by its path or by its name; what it says of the node's own is not asked here.
    lines = [line.removeprefix(f"{case}/").partition(":") for line in said]
    return {name: text for name, _, text in lines if name in names}


def read(case: Path) -> dict[str, object]:
    """Return what PHP and MariaDB take the values to be."""
    told = ran("mariadbd", f"--defaults-file={case}/galera.cnf", "--help", "--verbose").stdout.splitlines()
    rows = dict(line.split(None, 1) for line in told if line.startswith("wsrep-") and len(line.split(None, 1)) > 1)
    return {
        "php.ini": json.loads(ran("php", "-n", "-r", INI, f"{case}/php.ini").stdout or "null"),
        "trusted_hosts": json.loads(ran("php", "-n", "-r", SETTINGS, f"{case}/settings.webha.php").stdout or "null"),
        "galera": [rows.get("wsrep-cluster-name"), rows.get("wsrep-provider-options")],
    }


def main(folder: Path) -> None:
    found: dict[str, dict[str, str]] = {}
    values: dict[str, dict[str, object]] = {}
    for case in sorted(one for one in folder.iterdir() if one.is_dir()):
        said = units(case) | {path.name: looked_at(path) for path in sorted(case.iterdir()) if path.suffix not in UNITS}
        found[case.name] = {name: text for name, text in said.items() if text}
        if not found[case.name]:
            values[case.name] = read(case)
    print(json.dumps({"problems": found, "values": values}))


main(Path(sys.argv[1]))
