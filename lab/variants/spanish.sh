# A machine that was installed in Spanish: log-ins, cron, daemons and apt speak it, and its clock is Madrid's.
install_packages locales tzdata cron
sed -i 's/^# *\(es_ES.UTF-8 UTF-8\)/\1/' /etc/locale.gen
locale-gen >/dev/null
update-locale LANG=es_ES.UTF-8 LANGUAGE=es_ES:es
ln -sf /usr/share/zoneinfo/Europe/Madrid /etc/localtime
echo Europe/Madrid >/etc/timezone
mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\nDefaultEnvironment=LANG=es_ES.UTF-8 LANGUAGE=es_ES:es\n' >/etc/systemd/system.conf.d/90-idioma.conf
printf 'LANG=es_ES.UTF-8\nLANGUAGE=es_ES:es\n' >>/etc/environment
echo 'Acquire::Languages { "es"; "en"; };' >/etc/apt/apt.conf.d/95idioma
