"""How wide must an interval be?"""
