import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What is loaded by now stays, and a page makes thousands of objects that its end frees: looking through
# all of it for cycles as often as Python does by itself costs about a tenth of a page.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
