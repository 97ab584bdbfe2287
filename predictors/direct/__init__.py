"""Direct laws: scale in, score out, benchmark by benchmark."""
