"""Options and files into what the library takes."""
