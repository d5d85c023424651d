"""Settings of the whole test run."""

import os

from hypothesis import settings

# Set before torch and faiss are loaded, and inherited by the processes that tests start. Made
# data is small: threads would only wait for each other, above all with several test workers.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow machine is no failure.
settings.register_profile("dualamn", deadline=None)
settings.load_profile("dualamn")
