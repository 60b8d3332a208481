"""On the deployed cluster: a site's own settings and somebody's data stay, whatever is run."""

from collections.abc import Iterator

import pytest

from tests.lab.nodes import DOCROOT, converge, on, page, pyinfra, refused

pytestmark = [pytest.mark.usefixtures("deployed"), pytest.mark.any_release]

SETTINGS = f"{DOCROOT}/sites/default/settings.php"
VALUES = f"{DOCROOT}/sites/default/settings.webha.php"
RESET = ("tasks/reset.py", "--data", "confirm=hacloud")


@pytest.fixture
def own_settings() -> Iterator[str]:
    """A settings.php as somebody's own site has it: it works, and does not say that it is ours."""
    on(
        "nodoha",
        f"cp -a {SETTINGS} /root/settings.php; sed -i '2s/.*/\\/\\/ The settings of our own site./' {SETTINGS}",
    )
    yield on("nodoha", f"cat {SETTINGS}")
    on("nodoha", f"mv /root/settings.php {SETTINGS}; rm -f {VALUES}")
    assert converge("tasks/drupal.py").converged


@pytest.mark.parametrize("data", [(), ("--data", "drupal_install=False")], ids=["install", "no install"])
def test_a_settings_php_of_somebodys_stays(own_settings: str, data: tuple[str, ...]) -> None:
    run = converge("tasks/drupal.py", *data)
    assert on("nodoha", f"cat {SETTINGS}") == own_settings
    assert "include $app_root . '/' . $site_path . '/settings.webha.php';" in run.text
    assert on("nodoha", f"stat -c '%a %U:%G' {VALUES}") == "440 root:www-data"
    assert converge("tasks/drupal.py", *data).converged
    on(
        "nodoha",
        f"""printf "%s\\n" "include \\$app_root . '/' . \\$site_path . '/settings.webha.php';" >> {SETTINGS}""",
    )
    assert "settings.webha.php" not in converge("tasks/drupal.py", *data).text
    assert "<title>" in page()
    assert (
        on(
            "nodoha2",
            f'php -r \'$app_root = "{DOCROOT}"; $site_path = "sites/default"; require "{SETTINGS}"; echo $databases["default"]["default"]["database"];\'',
        )
        == "drupal"
    )


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("layer", ["drupal", "gluster"])
def test_a_site_with_settings_of_its_own_is_not_reset(layer: str) -> None:
    said = refused(*RESET, "--data", f"layer={layer}")
    assert "settings.php" in said
    assert "<title>" in page()


def test_a_database_of_somebodys_in_our_cluster_keeps_a_reset_away() -> None:
    on(
        "nodoha3",
        "mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1)'",
    )
    try:
        assert "/var/lib/mysql holds what is not proved ours (shop)" in refused(*RESET)
        assert on("nodoha2", "mariadb -NBe 'SELECT COUNT(*) FROM shop.orders'") == "1"
        assert "<title>" in page()
    finally:
        on("nodoha", "mariadb -e 'DROP DATABASE shop'")


def test_files_of_somebodys_on_the_volume_keep_a_reset_away() -> None:
    on("nodoha", f"mv {DOCROOT}/.webha-release /root/")
    try:
        assert "did not put there" in refused(*RESET, "--data", "layer=drupal")
        assert "did not put there" in refused(*RESET, "--data", "layer=gluster")
        assert "<title>" in page()
    finally:
        on("nodoha", f"mv /root/.webha-release {DOCROOT}/")


@pytest.mark.parametrize("brick", ["/data", "/home"])
def test_a_reset_that_names_a_folder_of_somebodys_erases_nothing(brick: str) -> None:
    on("nodoha2", f"mkdir -p {brick}; echo photo > {brick}/photo")
    try:
        said = refused(*RESET, "--data", f"gluster_brick={brick}")
        assert f"nodoha2: {brick} is no brick of fs_ha" in said
        assert on("nodoha2", f"cat {brick}/photo") == "photo"
        assert "<title>" in page()
    finally:
        on("nodoha2", f"rm {brick}/photo; rmdir --ignore-fail-on-non-empty {brick}")


def test_a_file_of_somebodys_under_one_of_our_names_is_not_replaced() -> None:
    path = "/etc/php/*/apache2/conf.d/90-webha.ini"
    on("nodoha2", f"cp -a {path} /root/90-webha.ini; printf '; theirs\\n\\n\\n\\n\\n' > $(echo {path})")
    try:
        run = pyinfra("tasks/apache.py", "-y")
        assert run.code == 1
        assert "90-webha.ini is there and does not say that it is ours" in run.text
    finally:
        on("nodoha2", f"mv /root/90-webha.ini $(echo {path})")
    assert converge("tasks/apache.py").converged
