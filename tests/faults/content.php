<?php
// Articles with an image each, and an editor who may write more: arguments are the docroot, the site's address and how many.
[, $root, $host, $articles] = $argv;
$root = dirname(realpath("$root/index.php"));
chdir($root);
$loader = require "$root/autoload.php";
$request = Symfony\Component\HttpFoundation\Request::create("http://$host/", 'GET', [], [], [], ['SCRIPT_NAME' => '/index.php']);
$kernel = Drupal\Core\DrupalKernel::createFromRequest($request, $loader, 'prod');
$kernel->boot();
$kernel->preHandle($request);
$place = 'public://2026-11';
Drupal::service('file_system')->prepareDirectory($place, Drupal\Core\File\FileSystemInterface::CREATE_DIRECTORY);
for ($i = 1; $i <= $articles; $i++) {
    $file = Drupal::service('file.repository')->writeData(file_get_contents("$root/core/misc/druplicon.png"), "$place/image-$i.png");
    Drupal\node\Entity\Node::create([
        'type' => 'article', 'title' => "article-$i", 'uid' => 1, 'status' => 1, 'promote' => 1,
        'body' => ['value' => str_repeat("<p>Text of article $i.</p>", 20), 'format' => 'basic_html'],
        'field_image' => ['target_id' => $file->id(), 'alt' => "image $i"],
    ])->save();
}
$writer = Drupal\user\Entity\User::create(['name' => 'writer', 'mail' => 'writer@example.org', 'pass' => 'writer', 'status' => 1]);
$writer->addRole('content_editor');
$writer->save();
