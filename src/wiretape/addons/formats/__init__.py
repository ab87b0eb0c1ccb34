"""Foreign formats: what other tools wrote, read as requests and answers, and recorded."""
