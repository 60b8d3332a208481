"""What every task of the site asks of all nodes before it changes anything."""

from typing import Any

from webha.drupal.decisions import another
from webha.drupal.facts import Drupal
from webha.run import survey


def same_application(data: Any) -> None:
    """Stop the run where the volume holds another application than the ``data`` of the host say."""
    survey.refuse(
        lambda sites: another(sites, data.app),
        Drupal(),
        root=data.drupal_root,
        database=data.drupal_db,
        user=data.drupal_db_user,
    )
