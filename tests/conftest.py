"""Settings of the whole test run."""

import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

# Set before torch and faiss are loaded, and inherited by the processes that tests start. Synthetic
# data is small: threads would only wait for each other, above all with several test workers.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What is compiled is kept: without that every process that a test starts compiles it anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell's background job, such as a test run there, hands down that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test fails because the machine is busy. CI looks at the same examples every time, so that
# a change is not blamed for what was there before; everyone else looks for new ones, and fewer.
settings.register_profile("here", deadline=None, max_examples=40)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# No test looks at what its user has fetched, and none fetches but from a server of its own.
os.environ["DUALAMN_OFFLINE"] = "1"
os.environ["DUALAMN_CACHE"] = str(Path(tempfile.gettempdir()) / "dualamn-no-cache-for-tests")
os.environ.pop("DUALAMN_MIRROR", None)
DATA = os.environ.pop("DUALAMN_DATA", None)


@pytest.fixture
def real_data() -> Path | None:
    """The folder of downloaded data sets, for slow tests alone; None if nobody names one."""
    return None if DATA is None else Path(DATA)


T = TypeVar("T")


def there(value: T | None) -> T:
    """The value, which is not None."""
    assert value is not None
    return value
