from tests.link_files.conftest import make_alignment

__all__ = ["make_alignment"]
