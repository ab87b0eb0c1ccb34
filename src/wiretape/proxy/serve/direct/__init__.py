"""The parts of the direct engine: connections, tunnels, requests heard, answers prepared and told."""
