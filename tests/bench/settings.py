"""The site's settings with two pages more, which do next to nothing: the floors."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
WSGI_APPLICATION = "tests.bench.wsgi.application"
