"""Checked documents into the core model: references, annotations, alert rules, and advice on what was asked for."""
