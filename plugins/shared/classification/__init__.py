"""What the tasks share that train a classifier: measures, the learner, the model file."""
