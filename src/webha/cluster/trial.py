"""How Corosync tries a configuration: its own check of the file, with the key and the addresses that are on the node."""

from webha.cluster.facts import CONFIGURATION
from webha.machine.trial import Trial

COROSYNC = Trial("Corosync", CONFIGURATION, 'corosync -t -c "$1"')
