"""What is worth measuring, and which recipe is better?"""
