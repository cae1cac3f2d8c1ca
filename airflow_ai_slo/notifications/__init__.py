"""Notifiers for ``on_failure_callback=``, ``on_success_callback=`` and deadline alerts."""
