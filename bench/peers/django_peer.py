"""manage.py of the comparison: django_peer.py COMMAND…, in a folder that holds store/models.py."""
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

sys.path.insert(0, os.getcwd())
settings.configure(
    INSTALLED_APPS=["store"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.abspath("django.db")}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
execute_from_command_line(sys.argv)
