"""Be `python -m shareable_backlog`, the same as `slb`."""

import sys

from shareable_backlog.cli import main

sys.exit(main())
