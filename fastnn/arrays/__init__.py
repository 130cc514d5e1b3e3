"""What a user has, of whatever library, as an array of real numbers: the one place where arguments become arrays."""
