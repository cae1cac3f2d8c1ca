"""Measurements from Airflow's own record of runs, for processes that may read its database: API server and commands."""
