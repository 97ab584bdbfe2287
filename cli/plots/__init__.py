"""Kinds of pictures: from files and options to figures."""
