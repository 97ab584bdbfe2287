"""What do results hold for programs?"""
