"""Which small run next, what will it buy, and when is another not worth it?"""
