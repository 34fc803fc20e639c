"""Runs one test of a Paho interoperability suite against a port, and prints what became of it as one line of JSON.

   python3 paho-run.py SUITE PORT SECONDS TEST     SUITE: client_test (3.1.1) or client_test5 (5.0), found in the current folder
   python3 paho-run.py SUITE                       its tests, in the order in which unittest runs them

The suite's own files are used as they are: its main part reads options that unittest then refuses, so its names are set here instead.
"""
import importlib, io, json, logging, re, signal, sys, unittest

sys.dont_write_bytecode = True
sys.path.insert(0, ".")


class TimeUp(Exception):
    pass


def time_up(*_):
    raise TimeUp("the test did not end in time")


def names_of(suite):
    return [name for name in unittest.TestLoader().getTestCaseNames(suite.Test)]


def prepare(suite, port):
    suite.host, suite.port = "localhost", port
    suite.topics = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
    suite.wildtopics = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
    suite.nosubscribe_topics = ("test/nosubscribe",)
    suite.topic_prefix = "client_test5/"
    logging.getLogger().setLevel(logging.CRITICAL)
    logging.getLogger("mqtt-client").setLevel(logging.CRITICAL)


# Tests catch what went wrong, print it and then say only "False != True".
HOLLOW = "AssertionError: False != True"


def reason_of(said, suite_name):
    """The first thing that went wrong inside the suite's own file: its line, what stands there, and the complaint."""
    found = []
    for trace in said.split("Traceback (most recent call last):")[1:]:
        at = re.findall(r'File ".*%s\.py", line (\d+), in \w+\n\s*(.*)' % suite_name, trace)
        complaint = re.findall(r"^(\w[\w.]*(?:: .*)?)$", trace, re.M)
        if at and complaint:
            found.append((at[-1], complaint[0]))
    told = [one for one in found if one[1] != HOLLOW] or found
    if not told:
        return said.strip().split("\n")[-1][:300]
    (line, code), complaint = told[0]
    return "line %s: %s -> %s" % (line, code.strip()[:160], complaint[:200])


def main():
    suite_name = sys.argv[1]
    suite = importlib.import_module(suite_name)
    if len(sys.argv) == 2:
        return print(json.dumps(names_of(suite)))
    port, seconds, name = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    prepare(suite, port)
    out, err = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = said = io.StringIO()
    signal.signal(signal.SIGALRM, time_up)
    signal.alarm(seconds)
    result = unittest.TextTestRunner(stream=said, verbosity=0).run(unittest.TestLoader().loadTestsFromName("Test." + name, suite))
    signal.alarm(0)
    sys.stdout, sys.stderr = out, err
    passed = result.wasSuccessful() and result.testsRun == 1
    print(json.dumps({"passed": passed, "reason": "" if passed else reason_of(said.getvalue(), suite_name)}), flush=True)
    # Receiving threads may still wait for bytes.
    import os
    os._exit(0)


main()
