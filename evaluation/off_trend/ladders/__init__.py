"""What do other sizes let expect of a model, and which of them is off itself?"""
