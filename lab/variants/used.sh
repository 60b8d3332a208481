# A machine with a past: somebody's site, and what administrators install on any server.
install_packages apache2 logrotate cron fail2ban python3-systemd nftables unattended-upgrades

mkdir -p /srv/intranet
echo '<!doctype html><title>Intranet</title><p>Nobody has read this since 2019.' >/srv/intranet/index.html
cat >/etc/apache2/sites-available/intranet.conf <<'SITE'
<VirtualHost *:80>
    ServerName intranet.example
    DocumentRoot /srv/intranet
    <Directory /srv/intranet>
        Require all granted
    </Directory>
</VirtualHost>
SITE
a2ensite -q intranet
a2dissite -q 000-default

# Who fails to log in is shut out, but not the lab, whose tests do it on purpose.
cat >/etc/fail2ban/jail.local <<'JAIL'
[DEFAULT]
backend = systemd
banaction = nftables-multiport
ignoreip = 127.0.0.1/8 10.0.0.0/24

[sshd]
enabled = true
JAIL

printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' >/etc/apt/apt.conf.d/20auto-upgrades
echo '* * * * * root date >/var/log/past-cron.log; find /srv/intranet -type f >/dev/null' >/etc/cron.d/past
