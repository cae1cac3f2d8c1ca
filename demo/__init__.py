"""`make demo`: the flight DAGs on 60 real days and then on a running Airflow."""
