<?php
// What the fault tests ask of the site: a write is a row in Galera and a file on Gluster, and 200 only when both are durable.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
header('Content-Type: text/plain');
header('Cache-Control: no-store');
$folder = __DIR__ . '/.webha-faults'; // whatever application the site is
try {
    $db = new mysqli('localhost', 'www-data', '', 'webha_faults');
    if (isset($_GET['write'])) {
        $number = (int) $_GET['write'];
        $part = "$folder/" . intdiv($number, 1000); // a folder of all files would be slow to list
        if (!is_dir($part) && !@mkdir($part) && !is_dir($part)) {
            throw new RuntimeException('the folder was not made');
        }
        $file = fopen("$part/$number", 'x');
        if (!$file || fwrite($file, "$number\n") === false || !fsync($file) || !fclose($file)) {
            throw new RuntimeException('the file was not written');
        }
        $db->query("INSERT INTO writes (number) VALUES ($number)");
    } else {
        $db->query('SELECT MAX(number) FROM writes')->fetch_row();
        if (file_get_contents("$folder/read") === false) {
            throw new RuntimeException('the file was not read');
        }
    }
    echo 'ok ', gethostname(), "\n";
} catch (Throwable $error) {
    http_response_code(500);
    echo $error->getMessage(), "\n";
}
