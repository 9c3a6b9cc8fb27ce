"""What the face tasks share."""
