"""What can be predicted at all?"""
