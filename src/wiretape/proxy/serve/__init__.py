"""What touches the machine while serving: certificates, processes, sockets."""
