#!/usr/bin/env python3
"""Stands where mosquitto's tests expect a mosquitto that was just started: listens on the port that they ask for, and passes everything on to the broker
   at BROKER_PORT. What a fresh broker would not know is taken from that one first: retained messages at the start, and the session of each client
   identifier when it comes for the first time."""
import os, signal, socket, sys, threading

port = int(sys.argv[sys.argv.index("-p") + 1])
target = int(os.environ["BROKER_PORT"])
# Retained messages have come within this.
SWEEP_S = 0.15


def text(word):
    return len(word).to_bytes(2, "big") + word


def packet(first, body):
    length, head = len(body), bytes([first])
    while True:
        head += bytes([length & 127 | (128 if length > 127 else 0)])
        length >>= 7
        if length == 0:
            return head + body


def read_packet(sock):
    """The whole packet as it came, or what there was of it."""
    head = sock.recv(1)
    length, shift = 0, 0
    while head:
        digit = sock.recv(1)
        head += digit
        if not digit:
            return head
        length |= (digit[0] & 127) << shift
        shift += 7
        if digit[0] < 128 or shift > 21:
            break
    while length > 0:
        some = sock.recv(length)
        if not some:
            break
        head += some
        length -= len(some)
    return head


def body_of(whole):
    at = 1
    while whole[at] > 127:
        at += 1
    return whole[at + 1:]


def enter(client):
    """A connection of our own, without a session."""
    sock = socket.create_connection(("127.0.0.1", target), 5)
    sock.sendall(packet(0x10, text(b"MQTT") + b"\x04\x02\x00\x3c" + text(client)))
    read_packet(sock)
    return sock


def sweep():
    sock = enter(b"stand-in-sweeps")
    sock.sendall(packet(0x82, b"\x00\x01" + text(b"#") + b"\x00"))
    sock.settimeout(SWEEP_S)
    found = []
    try:
        while True:
            whole = read_packet(sock)
            if not whole:
                break
            if whole[0] >> 4 == 3:
                body = body_of(whole)
                found.append(body[2:2 + int.from_bytes(body[:2], "big")])
    except OSError:
        pass
    for topic in found:
        sock.sendall(packet(0x31, text(topic)))
    sock.sendall(b"\xe0\x00")
    sock.close()


known = set()


def client_of(connect):
    """The identifier in a CONNECT; b"" where there is none to be read."""
    try:
        body = body_of(connect)
        at = 2 + int.from_bytes(body[:2], "big")
        version, at = body[at], at + 4
        if version == 5:
            at += 1 + body[at]
        return body[at + 2:at + 2 + int.from_bytes(body[at:at + 2], "big")]
    except IndexError:
        return b""


def forget(client):
    if client == b"" or client in known:
        return
    known.add(client)
    try:
        enter(client).close()
    except OSError:
        pass


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
    try:
        first = client.recv(1, socket.MSG_PEEK)
        connect = read_packet(client) if first == b"\x10" else b""
        forget(client_of(connect) if connect else b"")
        broker = socket.create_connection(("127.0.0.1", target))
        broker.sendall(connect)
    except OSError:
        return client.close()
    for one in (client, broker):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=pass_on, args=(broker, client), daemon=True).start()
    pass_on(client, broker)


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
sweep()
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", port))
server.listen(64)
while True:
    threading.Thread(target=meet, args=(server.accept()[0],), daemon=True).start()
