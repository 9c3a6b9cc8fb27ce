"""What lies here are plug-ins for the tests; the tests of a package run where it is installed."""

collect_ignore_glob = ["*"]
