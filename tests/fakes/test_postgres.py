"""Hold the private servers to what tests build on."""

import threading

from tests.fakes.postgres import PrivateServer, read_process_state


def test_a_server_whose_sessions_come_and_go_is_frozen_whole(private_server: PrivateServer) -> None:
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            private_server.connect().close()

    visitors = [threading.Thread(target=come_and_go) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(50):
            private_server.freeze()
            try:
                assert {read_process_state(pid) for pid in private_server.pids()} <= {"T", "Z"}
            finally:
                private_server.thaw()
            private_server.connect().close()
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
