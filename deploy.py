"""The document from beginning to end: three bare Debian machines become its highly available web server."""

from pyinfra import local

local.include("tasks/guards.py")
local.include("tasks/hosts.py")
local.include("tasks/firewall.py")
local.include("tasks/galera.py")
local.include("tasks/apache.py")
local.include("tasks/cluster.py")
local.include("tasks/gluster.py")
local.include("tasks/drupal.py")
local.include("tasks/backups.py")
local.include("tasks/vip.py")
