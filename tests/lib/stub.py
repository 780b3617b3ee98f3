"""Other services, played by a thread of the test."""
import http.server
import threading


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # the server under test ends what it needs no more


def serve(handler, **more):
    """A listener on a free port that answers with `handler`, until its shutdown(); it has `more` as attributes."""
    listener = Listener(("127.0.0.1", 0), handler)
    for name, value in more.items():
        setattr(listener, name, value)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    return listener
