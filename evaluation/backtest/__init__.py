"""Which forecasts would have held?"""
