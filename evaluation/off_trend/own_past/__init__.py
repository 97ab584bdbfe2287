"""What does a run let expect of its next checkpoint, and does that checkpoint hold it?"""
