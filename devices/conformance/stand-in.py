#!/usr/bin/env python3
"""Stands where mosquitto's tests expect mosquitto: listens on the port that they ask for, and passes everything on to the broker at BROKER_PORT."""
import os, selectors, signal, socket, sys, threading

port = int(sys.argv[sys.argv.index("-p") + 1])
target = int(os.environ["BROKER_PORT"])


def pass_on(source, sink):
    try:
        while True:
            some = source.recv(65536)
            if not some:
                break
            sink.sendall(some)
    except OSError:
        pass
    for one in (source, sink):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def meet(client):
    broker = socket.create_connection(("127.0.0.1", target))
    for one in (client, broker):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for pair in ((client, broker), (broker, client)):
        threading.Thread(target=pass_on, args=pair, daemon=True).start()


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", port))
server.listen(64)
while True:
    meet(server.accept()[0])
