"""What `es-hybrid doctor` looks at: one module a thing."""
