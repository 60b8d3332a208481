"""What a task needs of pyinfra's context: the nodes, this run's timers, reading across hosts, secrets, the last words."""
