"""Training of the learned encoders."""
