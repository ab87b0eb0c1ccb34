"""What is known of the Aitronos ("Freddy") API. The only folder that knows the name."""
