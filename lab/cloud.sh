# Run once on the cloud's node, as root: Debian's own Keystone and Neutron API, answering for networks that nobody plugs in.
# No hypervisor, no agent, no message queue: the API is Neutron's, the lab's data path is the lab's.
set -eu
address=$1 password=$2
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q update
apt-get -q -y --no-install-recommends install keystone neutron-api mariadb-server python3-pymysql
rm /usr/sbin/policy-rc.d

set_in() { # FILE SECTION/KEY/VALUE...
    python3 - "$@" <<'PYTHON'
import configparser
import sys

path, *settings = sys.argv[1:]
file = configparser.RawConfigParser(strict=False, allow_no_value=True)
file.optionxform = str
file.read(path)
for setting in settings:
    section, key, value = setting.split("/", 2)
    if section != "DEFAULT" and not file.has_section(section):
        file.add_section(section)
    file.set(section, key, value)
with open(path, "w") as out:
    file.write(out)
PYTHON
}
database() { echo "database/connection/mysql+pymysql://$1:$password@localhost/$1?unix_socket=/run/mysqld/mysqld.sock"; }

systemctl start mariadb
for name in keystone neutron; do
    mariadb -e "CREATE DATABASE $name CHARACTER SET utf8mb4; GRANT ALL ON $name.* TO $name@localhost IDENTIFIED BY '$password'"
done
set_in /etc/keystone/keystone.conf "$(database keystone)" cache/enabled/true cache/backend/dogpile.cache.memory
set_in /etc/neutron/neutron.conf "$(database neutron)" \
    DEFAULT/core_plugin/ml2 DEFAULT/service_plugins/router DEFAULT/transport_url/fake:// DEFAULT/auth_strategy/keystone \
    DEFAULT/notify_nova_on_port_status_changes/false DEFAULT/notify_nova_on_port_data_changes/false \
    "keystone_authtoken/www_authenticate_uri/http://$address:5000" "keystone_authtoken/auth_url/http://$address:5000" \
    keystone_authtoken/auth_type/password keystone_authtoken/region_name/lab keystone_authtoken/username/neutron "keystone_authtoken/password/$password" \
    keystone_authtoken/project_name/service keystone_authtoken/project_domain_name/Default \
    keystone_authtoken/user_domain_name/Default
set_in /etc/neutron/plugins/ml2/ml2_conf.ini ml2/type_drivers/flat,vxlan ml2/tenant_network_types/vxlan \
    ml2/mechanism_drivers/openvswitch ml2/extension_drivers/port_security ml2_type_flat/flat_networks/external \
    ml2_type_vxlan/vni_ranges/1:1000
sed -i 's/^processes = .*/processes = 2/' /etc/keystone/keystone-uwsgi.ini /etc/neutron/neutron-api-uwsgi.ini

su -s /bin/sh keystone -c 'keystone-manage db_sync'
keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone
keystone-manage credential_setup --keystone-user keystone --keystone-group keystone
keystone-manage bootstrap --bootstrap-password "$password" --bootstrap-region-id lab \
    --bootstrap-public-url "http://$address:5000/v3" --bootstrap-internal-url "http://$address:5000/v3" \
    --bootstrap-admin-url "http://$address:5000/v3"
su -s /bin/sh neutron -c 'neutron-db-manage --config-file /etc/neutron/neutron.conf \
    --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade heads'
systemctl start keystone neutron-api
