"""What developers run: the gate, the demo, the benchmark, the pictures, the two reports."""
