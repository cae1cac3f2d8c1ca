"""Who may change anything: those whom Airflow lets edit its variables."""

from __future__ import annotations

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser


def can_write(user: BaseUser) -> bool:
    """Whether a user may write.

    Edit on variables is what operators and admins have, in the simple auth manager as in FAB's roles, and what
    viewers and those who only run DAGs lack: like a freeze that is released, a variable changes what DAGs do.
    """
    return bool(get_auth_manager().is_authorized_variable(method="PUT", user=user))
