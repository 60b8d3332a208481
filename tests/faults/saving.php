<?php
// A page of the tests that writes as a site does: a file, then the row that names it; now and then it takes a row and its file away. Goes
// through the site's own settings.
$app_root = __DIR__;
$site_path = 'sites/default';
$databases = $settings = [];
require "$app_root/$site_path/settings.php";
$db = $databases['default']['default'];
$pdo = new PDO("mysql:unix_socket={$db['unix_socket']};dbname={$db['database']}", $db['username'], $db['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$folder = "$app_root/$site_path/files/saving";
$name = $_GET['name'] ?? '';
if (!preg_match('/^[a-z0-9-]+$/', $name)) {
    http_response_code(400);
    exit;
}
file_put_contents("$folder/$name.txt", str_repeat("$name\n", random_int(1, 2000)));
usleep(random_int(0, 30000));
$pdo->prepare('INSERT INTO saving (name) VALUES (?)')->execute([$name]);
if (random_int(0, 3) === 0 && ($gone = $pdo->query('SELECT name FROM saving WHERE id < (SELECT MAX(id) FROM saving) - 100 ORDER BY id LIMIT 1')->fetchColumn())) {
    $pdo->prepare('DELETE FROM saving WHERE name = ?')->execute([$gone]);
    usleep(random_int(0, 30000));
    unlink("$folder/$gone.txt");
    exit("saved $name, gone $gone\n");
}
echo "saved $name\n";
