"""What lies beside the tests of the notebook's API."""

# Scripts as users write them, which are run one by one, and what they are compared with.
collect_ignore = ["scripts", "scratch.py", "reference.py"]
