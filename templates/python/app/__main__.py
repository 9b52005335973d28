import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from .api import create_app
from .config import IncompleteEnvironment, read_config
from .logs import configure, log

# Seconds that requests under way have to finish.
DRAIN_SECONDS = 10


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own way ends the process by the signal once more; one that has drained ends with 0."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.handle_exit, name, None)
        yield


def main() -> None:
    try:
        config = read_config(os.environ)
    except IncompleteEnvironment as error:
        sys.exit(str(error))
    configure(config.name, config.version, config.log_level)
    app = create_app(config)
    options = {"log_config": None, "access_log": False, "server_header": False, "timeout_graceful_shutdown": DRAIN_SECONDS}
    server = Server(uvicorn.Config(app, host=config.host, port=config.port, lifespan="on", **options))
    log(20, f"listening on http://{config.host}:{config.port}")
    asyncio.run(server.serve())
    if not server.started:
        sys.exit("The service could not start; the reason is in its log.")


main()
