"""Builds and runs the test steps that are named, shows how each went, and ends with one line `N passed, N failed` over all.

    suite.py [--only GLOB] [--fuzz-seconds N] STEP...

Every runner counts in its own way (cmocka, pytest, the scenario runner, a fuzz target is one test); what cannot run here is
counted apart and listed before the last line. Full output of each run is kept under build/test-log. The exit status is 1
when anything failed. `make` calls this; the steps are the functions at the end, named as they are called.
"""

import argparse
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tree  # noqa: E402

LOG = "build/test-log"
ASAN = {"ASAN_OPTIONS": "allow_addr2line=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1"}
TSAN = {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1", "TEST_SLOWLY": "1"}


class Suite:
    def __init__(self, only, fuzz_seconds):
        self.only, self.fuzz_seconds = only, fuzz_seconds
        self.passed = self.failed = 0
        self.not_run, self.failures, self.built = [], [], {}

    # Running -------------------------------------------------------------------------------------------------------------

    def run(self, name, argv, env=None, count=None, show=False, seconds=180):
        """Runs one runner; its output goes to the log, and to the screen when `show` or when it failed. `count` makes
        (passed, failed, not run) of the output; without it the run is one test."""
        started = time.monotonic()
        log = os.path.join(LOG, re.sub("[^A-Za-z0-9_.-]", "_", name) + ".txt")
        with open(log, "w") as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       env=dict(os.environ, **(env or {})), text=True, errors="replace")
            killer = deadline(process, seconds)
            text = []
            for line in process.stdout:
                text.append(line)
                out.write(line)
                if show:
                    sys.stdout.write(line)
                    sys.stdout.flush()
            status = process.wait()
            late = killer()
        output = "".join(text)
        passed, failed, idle = count(output) if count else ((1, 0, 0) if status == 0 else (0, 1, 0))
        if status and not failed:
            failed += 1
        if not status and count and not passed + failed + idle:
            failed += 1
            output += "it counted no test\n"
        self.passed += passed
        self.failed += failed
        if idle:
            self.not_run.append("%s: %d (see %s)" % (name, idle, log))
        how = "%d passed" % passed + (", %d FAILED" % failed if failed else "") + (", %d not run" % idle if idle else "")
        if late:
            how += ", ended after %d s" % seconds
        elif status < 0:
            how += ", ended by signal %d" % -status
        print("   %-46s %s (%.1f s)" % (name, how, time.monotonic() - started), flush=True)
        if failed:
            self.failures.append("%s: %s" % (name, log))
            if not show:
                print("".join("      | %s\n" % line for line in ends_of(output.splitlines())), end="", flush=True)
        return status == 0

    def make(self, name, *arguments):
        """A build, once; a failing one is one failure, a good one is no test."""
        if name in self.built:
            return self.built[name]
        self.built[name] = self.build(name, arguments)
        return self.built[name]

    def build(self, name, arguments):
        started = time.monotonic()
        log = os.path.join(LOG, "build-%s.txt" % name)
        print("-- building: %s" % name, flush=True)
        with open(log, "w") as out:
            status = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", "-k", "-j2"] + list(arguments),
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT).returncode
        print("   %-46s %s (%.1f s)" % ("build", "FAILED" if status else "done", time.monotonic() - started), flush=True)
        if status:
            self.failed += 1
            self.failures.append("build %s: %s" % (name, log))
            with open(log, errors="replace") as f:
                wrong = [line for line in f if re.search(r"error: |\*\*\* |undefined reference|cannot find", line)]
            print("".join("      | %s" % line for line in wrong[:40]), end="", flush=True)
        return status == 0

    def skip(self, what, why):
        self.not_run.append("%s: %s" % (what, why))
        print("   %-46s not run: %s" % (what, why), flush=True)

    def chosen(self, names):
        return [n for n in names if not self.only or fnmatch.fnmatch(os.path.basename(n), self.only)]

    # What several steps share ----------------------------------------------------------------------------------------------

    def run_units(self, kind, build, env=None, under=()):
        for source in self.chosen(sorted(glob.glob("tests/unit/*.c"))):
            program = os.path.join(build, source[:-2])
            if os.path.exists(program):
                self.run("%s %s" % (kind, os.path.basename(program)), list(under) + [program], env, cmocka)

    def run_scenarios(self, kind, build, env=None, under=()):
        program = build + "/tests/scenario"
        if not os.path.exists(program):
            return
        self.run("%s scenarios" % kind, list(under) + [program] + (["--only", self.only] if self.only else []) +
                 ["tests/scenarios"], env, totals)

    # Steps -----------------------------------------------------------------------------------------------------------------

    def unit(self):
        if self.make("normal", "all", "tests"):
            self.run_units("unit", "build")

    def scenarios(self):
        if self.make("normal", "all", "tests"):
            self.run_scenarios("all", "build")

    def asan(self):
        if self.make("asan", "SAN=address,undefined", "all", "tests"):
            self.run_units("asan unit", "build/san-address-undefined", ASAN)
            self.run_scenarios("asan", "build/san-address-undefined", ASAN)

    def fuzz(self):
        clang = tree.program("clang-14") or tree.program("clang")
        if clang:
            build, how = "build/fuzz", ["CC=" + clang, "BUILD=build/fuzz", "SAN=fuzzer-no-link,address,undefined"]
        else:
            self.skip("fuzz: exploring", "no clang; the targets run over their corpora only")
            build, how = "build/san-address-undefined", ["SAN=address,undefined"]
        self.make("fuzz", *how, "fuzz-programs")
        for source in self.chosen(sorted(glob.glob("tests/fuzz/*.c"))):
            name = os.path.basename(source)[:-2]
            if name == "driver":
                continue
            program, corpus = os.path.join(build, "tests/fuzz", name), "tests/fuzz/corpus/" + name
            if not os.listdir(corpus) if os.path.isdir(corpus) else True:
                self.failed += 1
                self.failures.append("fuzz %s: no seeds in %s" % (name, corpus))
                continue
            if not os.path.exists(program):
                continue  # the build has failed and was counted
            self.run("fuzz seeds %s" % name, [program] + (["-runs=0", "-rss_limit_mb=2048"] if clang else []) + [corpus], ASAN)
            if clang and self.fuzz_seconds:
                found = os.path.join("build/fuzz-found", name)
                os.makedirs(found, exist_ok=True)
                dictionary = "tests/fuzz/%s.dict" % name
                self.run("fuzz %s, %d s" % (name, self.fuzz_seconds),
                         [program, "-max_total_time=%d" % self.fuzz_seconds, "-timeout=10", "-rss_limit_mb=2048",
                          "-print_final_stats=1", "-artifact_prefix=%s/" % LOG] +
                         (["-dict=" + dictionary] if os.path.exists(dictionary) else []) + [found, corpus], ASAN)

    def integration(self):
        if not self.make("normal", "all"):
            return
        self.run("integration", [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "-v", "--tb=short",
                                 "tests/integration"] + (["-k", self.only] if self.only else []), count=pytest, show=True,
                 seconds=4200)

    def tsan(self):
        # ThreadSanitizer wants its addresses free: with address randomisation switched off they are.
        under = ["setarch", "-R"] if shutil.which("setarch") and not subprocess.run(["setarch", "-R", "true"]).returncode else []
        if self.make("tsan", "SAN=thread", "all", "tests"):
            self.run_units("tsan unit", "build/san-thread", TSAN, under)
            self.run_scenarios("tsan", "build/san-thread", TSAN, under)

    def valgrind(self):
        program = tree.program("valgrind")
        if not program:
            return self.skip("valgrind", "it is missing: run `make deps`")
        under = [program, "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite", "--child-silent-after-fork=yes"]
        env = {"LD_PRELOAD": os.path.abspath("build/tests/nojit.so"), "TEST_SLOWLY": "1"}
        if self.make("valgrind", "all", "tests", "build/tests/nojit.so"):
            self.run_units("valgrind unit", "build", env, under)
            self.run_scenarios("valgrind", "build", env, under)

    def includes(self):
        print("-- form", flush=True)
        self.run("lint includes", [sys.executable, "tests/lib/includes.py"])

    def lint(self):
        self.includes()
        self.run("lint headers compile alone", ["sh", "-c", HEADERS])
        if tree.program("clang-format"):
            self.run("lint format", ["sh", "-c", FORMAT])
        else:
            self.skip("lint format", "no clang-format: run `make deps`")
        for page in sorted(glob.glob("eventd/share/*.[1-8]") + glob.glob("build/share/*.[1-8]")):
            if tree.program("mandoc"):
                self.run("lint %s" % os.path.basename(page), ["mandoc", "-Tlint", "-Wwarning", page])
        if shutil.which("systemd-analyze"):
            self.run("lint unit is at most 2.0 exposed", ["sh", "-c", UNIT])
        self.run("lint completion", ["bash", "-n", "eventd/share/eventctl.bash"])

    def warnings(self):
        """Both compilers, every warning an error."""
        clang = tree.program("clang-14") or tree.program("clang")
        for name, compiler in (("gcc", "gcc"), ("clang", clang)):
            if compiler:
                self.make("warnings-" + name, "CC=" + compiler, "BUILD=build/warnings-" + name, "WERROR=1", "all", "tests")
            else:
                self.skip("warnings of " + name, "it is missing: run `make deps`")


HEADERS = """
status=0
for h in $(find eventd actions applets pki cli -name '*.h'); do
	${CC:-gcc} -std=c17 -D_GNU_SOURCE -I. -Ieventd -Wall -Wextra -Wno-unused-parameter -fsyntax-only -x c \
		$(pkg-config --cflags libuv talloc jansson 2>/dev/null) -include "$h" /dev/null || { echo "$h"; status=1; }
done
exit $status
"""
UNIT = """
sed 's|@PREFIX@|/usr|g' eventd/share/eventd.service >build/eventd.service &&
systemd-analyze security --no-pager --offline=true --threshold=20 build/eventd.service
"""
FORMAT = "find eventd actions applets pki cli tests -name '*.[ch]' | xargs -r clang-format --dry-run -Werror"


# What the runners count --------------------------------------------------------------------------------------------------


def ends_of(lines, each=40):
    """The first and the last lines: a sanitizer tells the cause first, a test runner the sum last."""
    return lines if len(lines) <= 2 * each else lines[:each] + ["... (the log has all)"] + lines[-each:]


def number(pattern, text):
    return sum(int(n) for n in re.findall(pattern, text, re.M))


def cmocka(text):
    return (number(r"^\[  PASSED  \] (\d+) test", text), number(r"^\[  FAILED  \] (\d+) test", text),
            number(r"^\[  SKIPPED \] (\d+) test", text))


def pytest(text):
    last = (re.findall(r"^=+ (.*(?:passed|failed|error|skipped).*) in [\d.]+s.*=+$", text, re.M) or [""])[-1]
    return (number(r"(\d+) (?:passed|xfailed)", last), number(r"(\d+) (?:failed|errors?|xpassed)", last),
            number(r"(\d+) skipped", last))


def totals(text):
    last = (re.findall(r"^\d+ passed, \d+ failed.*$", text, re.M) or [""])[-1]
    return number(r"(\d+) passed", last), number(r"(\d+) failed", last), number(r"(\d+) not run", last)


def deadline(process, seconds):
    """Kills the process after the seconds; the answer stops the watch and tells whether it had to."""
    import threading
    fired = []

    def kill():
        fired.append(True)
        process.kill()
    timer = threading.Timer(seconds, kill)
    timer.start()

    def stop():
        timer.cancel()
        return bool(fired)
    return stop


STEPS = ("lint", "includes", "unit", "scenarios", "fuzz", "asan", "integration", "tsan", "valgrind", "warnings")


def main():
    p = argparse.ArgumentParser(description="Runs test steps and adds up what they counted.")
    p.add_argument("steps", nargs="+", choices=STEPS, metavar="STEP", help=" ".join(STEPS))
    p.add_argument("--only", help="of the unit tests, fuzz targets and scenarios those that match; -k of pytest")
    p.add_argument("--fuzz-seconds", type=int, default=5, help="for each target (default: %(default)s)")
    args = p.parse_args()
    os.chdir(tree.PROJECT)
    os.environ["PATH"] = tree.PATH
    os.makedirs(LOG, exist_ok=True)
    suite = Suite(args.only, args.fuzz_seconds)
    started = time.monotonic()
    for step in args.steps:
        print("== %s" % step, flush=True)
        getattr(suite, step)()
    print("\n%d s" % (time.monotonic() - started))
    for title, lines in (("not run", suite.not_run), ("failed", suite.failures)):
        for line in lines:
            print("%s: %s" % (title, line))
    print("%d passed, %d failed" % (suite.passed, suite.failed))
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())
