"""Which constants do past errors ask for, and do they hold elsewhere?"""
