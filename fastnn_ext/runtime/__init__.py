"""What all compiled code shares: the choice of an instruction set, the threads, the build's configuration."""
