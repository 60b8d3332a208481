# What hardening guides (CIS, DISA, an organisation's own) do to an image, in so far as a deploy meets it. Files alone.
sed -i 's/^UMASK.*/UMASK 027/' /etc/login.defs
for file in common-session common-session-noninteractive; do
    echo 'session optional pam_umask.so umask=0027' >>/etc/pam.d/$file
done

echo 'net.ipv4.ip_nonlocal_bind = 1' >/etc/sysctl.d/90-hardened.conf

# The container has /tmp mounted before its systemd runs, so neither fstab nor tmp.mount would change it.
cat >/etc/systemd/system/hardened-mounts.service <<'UNIT'
[Unit]
Description=No program is run from where anybody may write
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'for d in /tmp /dev/shm; do mountpoint -q $$d || mount -t tmpfs tmpfs $$d; mount -o remount,noexec,nosuid,nodev $$d; done'

[Install]
WantedBy=sysinit.target
UNIT
systemctl --quiet enable hardened-mounts.service

sed -i '/^Subsystem[[:space:]]*sftp/d' /etc/ssh/sshd_config
echo 'AcceptEnv WEBHA_LAB' >/etc/ssh/sshd_config.d/60-lab.conf

# bash reads .bashrc for a command that comes over ssh, too.
for home in /root /home/debian; do
    { echo 'if [ -n "${WEBHA_LAB-}" ]; then umask 022; else echo "Authorised use only --- all that you do is recorded"; fi'
      cat $home/.bashrc 2>/dev/null || :; } >/tmp/bashrc
    cat /tmp/bashrc >$home/.bashrc
done
chown debian: /home/debian/.bashrc

printf 'Defaults use_pty\nDefaults timestamp_timeout=0\nDefaults passwd_timeout=1\n' >/etc/sudoers.d/95-hardened
chmod 440 /etc/sudoers.d/95-hardened
visudo -qc
