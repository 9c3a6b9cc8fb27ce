"""The engines that keep enrolled faces, behind one contract and one URI."""
