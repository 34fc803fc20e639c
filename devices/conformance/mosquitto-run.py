"""Runs one of mosquitto's own broker tests as it is, but for one thing: a CONNACK is compared by its flags and its code, since the properties in it are
   each server's own choice. Ends with 0 when the test passed.

   python3 mosquitto-run.py FILE PORT      in a copy of mosquitto's folder test/broker; PORT is where the test will have its broker listen
"""
import os, runpy, sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.realpath(".."))
sys.path.insert(0, os.path.realpath("."))
import mosq_test

exact = mosq_test.expect_packet
CONNACK = 0x20


def whole_packet(sock):
    head = sock.recv(1)
    length, shift = 0, 0
    while True:
        digit = sock.recv(1)
        if not digit:
            return head
        head += digit
        length |= (digit[0] & 127) << shift
        shift += 7
        if digit[0] < 128:
            break
    body = b""
    while len(body) < length:
        some = sock.recv(length - len(body))
        if not some:
            break
        body += some
    return body


def expect_packet(sock, name, expected):
    if len(expected) < 4 or expected[0] != CONNACK:
        return exact(sock, name, expected)
    at = 2 if expected[1] < 128 else 3
    wanted, got = expected[at:at + 2], whole_packet(sock)[:2]
    if wanted == got:
        return True
    print("FAIL: CONNACK with flags and code %s instead of %s" % (got.hex(), wanted.hex()))
    raise mosq_test.TestError


mosq_test.expect_packet = expect_packet
file, port = sys.argv[1:]
# Some ask for two ports, and get the one after.
sys.argv = [file, port]
mosq_test.get_port = lambda count=1: int(port) if count == 1 else tuple(int(port) + i for i in range(count))
runpy.run_path(file, run_name="__main__")
