"""A release with Drupal's entry points, for where neither a real one nor drupal.org is at hand. It is no Drupal.

What the deploy touches is there and works: the installer's ``install_drupal``, settings.php's database, a front page
from rows of the cluster, cron, updates of the database, the maintenance mode. ``python tests/lab/standin.py FILE`` writes it as a tar archive.
"""

import io
import re
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

TOP = "drupal-stand-in"
FILLER = 300  # files, so that unpacking is work

FILES = {
    "autoload.php": "<?php return require __DIR__ . '@up@/vendor/autoload.php';\n",
    "vendor/autoload.php": r"""<?php
namespace Symfony\Component\HttpFoundation {
    class Request { public static function create(...$arguments) { return new self(); } }
}
namespace Drupal\Core {
    class DrupalKernel {
        public static function createFromRequest($request, $loader, $environment) { return new self(); }
        public function boot() {}
        public function preHandle($request) {}
    }
}
namespace Drupal\Core\Site {
    class Settings { public static function get($name) { return null; } }
}
namespace Drupal\Core\Update {
    class UpdateKernel extends \Drupal\Core\DrupalKernel {}
}
namespace {
    function standin_db(): \PDO {
        $app_root = __DIR__ . '/../@docroot@'; $site_path = 'sites/default';
        require $app_root . '/sites/default/settings.php';
        $db = $databases['default']['default'];
        return new \PDO("mysql:unix_socket={$db['unix_socket']};dbname={$db['database']}", $db['username'], $db['password'],
            [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
    }
    class Drupal {
        const VERSION = '@version@';
        const SCHEMA = @schema@;
        public static function service($name) { return new self(); }
        public static function state() { return new self(); }
        public function run() { return standin_db()->exec("REPLACE INTO state VALUES ('cron_last', " . time() . ")") > 0; }
        public function get($name) { return (int) standin_db()->query("SELECT value FROM state WHERE name='$name'")->fetchColumn(); }
        public function set($name, $value) { standin_db()->exec("REPLACE INTO state VALUES ('$name', " . (int) $value . ")"); }
        public function getPendingUpdateFunctions() { return []; }
        public function setInstalledVersion($module, $number) {}
    }
    return true;
}
""",
    "index.php": r"""<?php
require __DIR__ . '/autoload.php';
try {
    $rows = standin_db()->query("SELECT name, value FROM state")->fetchAll(\PDO::FETCH_KEY_PAIR);
} catch (\Throwable $error) {
    http_response_code(500);
    exit("no database\n");
}
header('Content-Type: text/html');
if (!empty($rows['system.maintenance_mode'])) {
    http_response_code(503);
    exit("under maintenance\n");
}
if (($rows['schema'] ?? 0) != \Drupal::SCHEMA) {
    http_response_code(500);
    exit("the database is not this code's\n");
}
echo "<!DOCTYPE html><html><head><title>Welcome! | " . htmlspecialchars($rows['site_name']) . "</title></head>"
    . "<body><p>Stand-in for Drupal " . \Drupal::VERSION . ", served by " . gethostname() . "</p></body></html>\n";
""",
    "core/includes/install.core.inc": r"""<?php
function install_drupal($loader, array $settings = []) {
    $form = $settings['forms']['install_configure_form'];
    $db = standin_db();
    $db->exec('CREATE TABLE state (name VARCHAR(64) PRIMARY KEY, value VARCHAR(255))');
    $db->exec("INSERT INTO state VALUES ('schema', " . \Drupal::SCHEMA . ")");
    $db->exec('CREATE TABLE users (name VARCHAR(64) PRIMARY KEY, pass VARCHAR(255))');
    $db->prepare('INSERT INTO users VALUES (?, ?)')
        ->execute([$form['account']['name'], password_hash($form['account']['pass']['pass1'], PASSWORD_DEFAULT)]);
    $db->prepare("INSERT INTO state VALUES ('site_name', ?)")->execute([$form['site_name']]);
    file_put_contents('sites/default/files/installed.txt', date('c'));
}
""",
    "core/includes/install.inc": "<?php\n",
    "core/includes/utility.inc": "<?php function drupal_rebuild($loader, $request) {}\n",
    "core/includes/update.inc": r"""<?php
function drupal_load_updates() {}
function drupal_flush_all_caches() {}
function update_check_requirements() { return []; }
function update_get_update_list() {
    $pending = range(\Drupal::state()->get('schema') + 1, \Drupal::SCHEMA);
    return \Drupal::state()->get('schema') < \Drupal::SCHEMA ? ['system' => ['start' => $pending[0], 'pending' => array_flip($pending)]] : [];
}
function update_resolve_dependencies($start) {
    $updates = [];
    foreach ($start as $module => $first) {
        foreach (range($first, \Drupal::SCHEMA) as $number) {
            $updates["{$module}_update_$number"] = ['module' => $module, 'number' => $number, 'allowed' => true];
        }
    }
    return $updates;
}
function update_do_one($module, $number, $after, &$context) {
    standin_db()->exec("CREATE TABLE updated_$number (id INT PRIMARY KEY)");
    if ('@fails@') {
        $context['results'][$module][$number]['results'] = ['success' => false, 'query' => 'it fails on purpose'];
        $context['results']['#abort'][] = "{$module}_update_$number";
        return;
    }
    \Drupal::state()->set('schema', $number);
}
""",
    "core/install.php": "<?php echo 'the web installer';\n",
    "core/lib/Drupal.php": "<?php // const VERSION = '@version@'; the class is in vendor/autoload.php of this stand-in\n",
    "sites/default/default.settings.php": "<?php\n",
    "sites/default/default.services.yml": "parameters: {}\n",
    "robots.txt": "User-agent: *\n",
    ".htaccess": "# as in the real one, which the vhost does not read\n",
}


def write(
    path: Path,
    version: str = "1.0.0",
    schema: int = 0,
    fails: bool = False,
    *,
    docroot: str = "",
    more: Mapping[str, str] | None = None,
) -> Path:
    """Write the archive to ``path``; the same bytes every time. ``schema``: how many updates of the database it has had; they may fail.

    ``docroot``: as composer lays a project out, its served folder, with vendor beside it; ``more``: further files, by their place in the project.
    """
    up, inner = ("/..", f"{docroot}/") if docroot else ("", "")
    values = {
        "@version@": version,
        "@schema@": str(schema),
        "@fails@": "1" if fails else "",
        "@up@": up,
        "@docroot@": docroot,
    }
    filler = {f"core/misc/{index % 10}/file{index}.js": f"// {index}\n" * 40 for index in range(FILLER)}
    served = {
        name if name.startswith("vendor/") else f"{inner}{name}": text for name, text in {**FILES, **filler}.items()
    }
    names = {**served, **(more or {})}
    folders = sorted({str(parent) for name in names for parent in Path(TOP, name).parents if str(parent) != "."})
    with tarfile.open(path, "w") as archive:
        for folder in folders:
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        for name, text in sorted(names.items()):
            raw = re.sub("@[a-z]+@", lambda found: values[found[0]], text).encode()
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size, info.mode = len(raw), 0o644
            archive.addfile(info, io.BytesIO(raw))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
