# And on one of them a database of somebody's, which runs.
install_packages mariadb-server
mariadbd --user=mysql --bootstrap <<'SQL'
CREATE DATABASE legacy;
CREATE TABLE legacy.orders (id INT PRIMARY KEY, what VARCHAR(40)) ENGINE=InnoDB;
INSERT INTO legacy.orders VALUES (1, 'chair'), (2, 'table'), (3, 'lamp');
SQL
