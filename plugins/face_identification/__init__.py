"""Face identification: who of a gallery is this, or nobody."""
