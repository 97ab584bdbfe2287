"""What does a fit say of a scale, and did it hold?"""
