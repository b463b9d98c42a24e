"""What `es-hybrid doctor` looks at: one module per thing."""
