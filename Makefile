# eventd. One make, no recursion into folders: a new .c file under the source folders needs no edit here.
# `make help` lists the targets.

.DEFAULT_GOAL := all
comma := ,

# ---- Packages (Debian) -----------------------------------------------------------------------------------------------
# What building needs is installed by apt; what only the tests or the demo need is unpacked under build/root instead
# (tests/lib/deps.sh), so that no mail server is ever installed or started.

BUILD_PACKAGES := gcc libc6-dev make pkg-config python3 \
	libuv1-dev libtalloc-dev uthash-dev libpcre2-dev libssl-dev libgsasl-dev libidn2-dev libsqlite3-dev libjansson-dev \
	libyaml-dev libmnl-dev libpcap-dev libedit-dev libcurl4-openssl-dev zlib1g-dev libcrypt-dev liblua5.4-dev libunbound-dev libevent-dev dns-root-data libsnmp-dev libmicrohttpd-dev
DEMO_PACKAGES  := postfix dovecot-core python3-cryptography openssl iproute2 tshark procps
TEST_PACKAGES  := $(DEMO_PACKAGES) libcmocka-dev python3-pytest python3-pexpect clang-14 libclang-rt-14-dev clang-format \
	valgrind strace mandoc nftables frr nsd knot-dnssecutils nginx-light msmtp snmpd snmptrapd snmp lldpd keepalived hostapd wpasupplicant \
	systemd systemd-journal-remote rsyslog rsyslog-openssl softflowd curl
# Debian lets only one mail server be installed, and only one syslog daemon, so each second one is brought by itself.
PEER_PACKAGES  := exim4-daemon-light syslog-ng-core
BENCH_PACKAGES := rsyslog syslog-ng-core sec tcl

# Installed programs come first, unpacked ones after them.
PATH       := $(PATH):/usr/sbin:/sbin:$(CURDIR)/build/root/wrappers
PYTHONPATH := $(CURDIR)/build/root/usr/lib/python3/dist-packages$(if $(PYTHONPATH),:$(PYTHONPATH))
PYTHON     := /usr/bin/python3
export PATH PYTHONPATH
export PYTHONDONTWRITEBYTECODE := 1

# V=1 shows the commands whole.
Q := $(if $(V),,@)
say = @$(if $(V),:,echo "  $(1)")

# ---- What is built, and how ------------------------------------------------------------------------------------------
# SAN=address,undefined or SAN=thread builds the same targets with sanitizers in build/san-...

ifeq ($(origin CC),default)
CC       := gcc
endif
BUILD    ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
LIBRARIES := libuv talloc libpcre2-8 libssl libcrypto libgsasl libidn2 sqlite3 jansson yaml-0.1 libmnl libpcap libedit libcurl libcrypt lua5.4 \
	libunbound netsnmp zlib libmicrohttpd gnutls
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
HARDEN   := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
OPT      ?= $(if $(SAN),-O1,-O2)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=undefined))
CFLAGS   ?= -g $(OPT)
override CFLAGS += -std=c17 -D_GNU_SOURCE -I. -Ieventd $(WARN) $(if $(WERROR),-Werror) $(HARDEN) \
	$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(SANITIZE) -MMD -MP
# As needed: a helper that uses few libraries starts fast.
override LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed $(SANITIZE)
LIBS     := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lm -lpthread -ldl -lresolv

# The test libraries may be unpacked only.
UNPACKED_LIB := $(firstword $(wildcard build/root/usr/lib/*-linux-gnu*))
TEST_CFLAGS  := -Itests/lib -idirafter build/root/usr/include
TEST_LIBS    := $(if $(UNPACKED_LIB),-L$(UNPACKED_LIB) -Wl$(comma)-rpath$(comma)'$(CURDIR)/$(UNPACKED_LIB)') -lcmocka

# A file named main.c is a program; everything else is in the library that all programs link.
FOLDERS  := eventd actions applets pki cli
SRC      := $(shell find $(FOLDERS) -name '*.c' | LC_ALL=C sort)
LIB_OBJ  := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %/main.c,$(SRC)))
LIB      := $(BUILD)/libeventd.a

main_of_eventd         := eventd/main.c
main_of_eventctl       := cli/client/main.c
main_of_eventd-mail    := actions/mail/main.c
main_of_eventd-sts     := actions/mail/sts/main.c
main_of_eventd-capture := eventd/capture/main.c
main_of_eventd-resolve := actions/mail/dns/main.c
main_of_eventd-device  := cli/device/main.c
main_of_eventd-lua     := applets/lua/main.c
main_of_eventd-probe   := eventd/probe/main.c
main_of_eventd-pki     := pki/main.c
main_of_eventd-snmp    := eventd/snmp/main.c
main_of_eventd-tls     := eventd/syslog/tls/main.c
main_of_eventd-follow  := eventd/syslog/follow/main.c
main_of_eventd-journal := eventd/syslog/journal/main.c
main_of_eventd-rpc     := eventd/rpc/main.c
main_of_eventd-forward := eventd/logging/forward/main.c
NAMES    := $(sort $(patsubst main_of_%,%,$(filter main_of_eventd main_of_eventctl main_of_eventd-%,$(.VARIABLES))))
PROGRAMS := $(foreach p,$(NAMES),$(if $(wildcard $(main_of_$(p))),$(BUILD)/$(p)))

# Reference manuals are written by a tool from the tables that the daemon itself works with.
main_of_manual := eventd/manual/main.c
MANUALS  := $(addprefix $(BUILD)/share/,eventd-applet.5 eventd-commands.7 eventd-lint.7 eventd.yaml.5)

UNIT     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
FUZZ     := $(patsubst %.c,$(BUILD)/%,$(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c)))
BENCH    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
SCENARIO_SRC := $(wildcard tests/lib/scenario/*.c tests/lib/scenario.c)
SCENARIO := $(if $(SCENARIO_SRC),$(BUILD)/tests/scenario)

.PHONY: all
all: $(PROGRAMS) $(LIB) $(MANUALS)  ## the programs: build/eventd, build/eventctl and their helpers

.PHONY: tests
tests: $(UNIT) $(SCENARIO)

# Says what is missing in words before the compiler says it in errors.
$(BUILD)/libraries-found:
	@command -v pkg-config >/dev/null && command -v $(CC) >/dev/null || { \
		echo "eventd needs $(CC) and pkg-config to be built: run \`make deps\` as root"; exit 1; }
	@missing=$$(for l in $(LIBRARIES); do pkg-config --exists $$l || echo $$l; done); \
	echo '#include <uthash.h>' | $(CC) -E - >/dev/null 2>&1 || missing="$$missing uthash"; \
	[ -z "$$missing" ] || { echo "eventd needs these libraries to be built:" $$missing; \
		echo "run \`make deps\` as root, or install: $(BUILD_PACKAGES)"; exit 1; }
	@mkdir -p $(@D)
	@touch $@

$(BUILD)/obj/%.o: %.c | $(BUILD)/libraries-found
	@mkdir -p $(@D)
	$(call say,CC    $<)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# A clock before this moment is wrong: signatures cannot be judged by it.
$(BUILD)/obj/actions/mail/dns/validator_channel.o: override CFLAGS += -DBUILD_TIME=$(or $(SOURCE_DATE_EPOCH),$(shell date +%s))

# The Lua side of the module `eem`, as bytes of the program.
$(BUILD)/obj/%.lua.o: %.lua
	@mkdir -p $(@D)
	$(call say,LD    $<)
	$(Q)$(LD) -r -b binary -z noexecstack -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call say,AR    $@)
	@rm -f $@
	$(Q)ar rcs $@ $^

define program
$(BUILD)/$(1): $(BUILD)/obj/$(main_of_$(1):.c=.o) $(LIB)
	$$(call say,LINK  $$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach p,$(NAMES) manual,$(eval $(call program,$(p))))
$(BUILD)/eventd-lua: $(BUILD)/obj/applets/lua/eem.lua.o

$(BUILD)/share/%: $(BUILD)/manual
	@mkdir -p $(@D)
	$(BUILD)/manual $* >$@.new && mv $@.new $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(TEST_LIBS) $(LIBS)

$(BUILD)/tests/scenario: $(SCENARIO_SRC) $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $(SCENARIO_SRC) $(LIB) $(LIBS)

$(BUILD)/tests/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(BUILD)/tests/nojit.so: tests/lib/nojit.c
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) -shared -fPIC -O2 -o $@ $<

# With clang's libFuzzer (make fuzz) a target explores; with any other compiler it runs its corpus through driver.c.
# libFuzzer is C++; the library is named by its file, which is there where no C++ compiler is.
FUZZ_ENGINE := $(if $(findstring fuzzer,$(SAN)),-fsanitize=fuzzer -nostdlib++ -l:libstdc++.so.6,tests/fuzz/driver.c)
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(LIB)
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) -Wno-missing-prototypes $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(FUZZ_ENGINE) $(LIB) $(LIBS)

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

# ---- Packages ----------------------------------------------------------------------------------------------------------

.PHONY: deps deps-build deps-demo deps-test deps-bench
deps: deps-build deps-test  ## brings the Debian packages for building, demo and tests; removes and starts nothing
deps-build:
	@tests/lib/deps.sh install $(BUILD_PACKAGES)
deps-demo: deps-build
	@tests/lib/deps.sh unpack "the demo" $(DEMO_PACKAGES)
deps-test: deps-build
	@tests/lib/deps.sh unpack "tests and demo" $(TEST_PACKAGES)
	@tests/lib/deps.sh unpack "a second mail server and a second syslog daemon" $(PEER_PACKAGES)
# One by one: the syslog daemons exclude each other, and the benchmarks do without those that cannot be brought.
deps-bench:
	@for p in $(BENCH_PACKAGES); do timeout 60 tests/lib/deps.sh unpack "comparing with $$p" $$p || echo "deps: the benchmarks go on without $$p"; done

# ---- The story -----------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: deps-demo  ## packages, build, then the main job: an event becomes a secure mail at a real mail server
	@$(MAKE) --no-print-directory all
	@$(PYTHON) examples/demo.py

# ---- Tests -----------------------------------------------------------------------------------------------------------------
# tests/lib/suite.py builds and runs the named steps, and adds up what every runner counted.

SUITE := MAKE="$(MAKE)" $(PYTHON) tests/lib/suite.py

.PHONY: test check sanitize unit scenarios fuzz integration
test: deps  ## packages, build, every test; ends with `N passed, N failed`
	@$(SUITE) lint unit scenarios fuzz asan integration
check:  ## what needs neither root nor network, under a minute
	@$(SUITE) includes unit scenarios
sanitize:  ## unit tests and scenarios under ThreadSanitizer and valgrind
	@$(SUITE) tsan valgrind
unit:  ## the unit tests
	@$(SUITE) unit
scenarios:  ## the scenario files; ONLY=GLOB chooses among them
	@$(SUITE) scenarios $(if $(ONLY),--only '$(ONLY)')
fuzz:  ## every fuzz target over its corpus and a while beyond; FUZZ_SECONDS=N each
	@$(SUITE) fuzz $(if $(FUZZ_SECONDS),--fuzz-seconds $(FUZZ_SECONDS))
integration:  ## pytest: real servers, real interfaces; ONLY=EXPRESSION chooses among them
	@$(SUITE) integration $(if $(ONLY),--only '$(ONLY)')

.PHONY: soak-mail
soak-mail: all  ## the mail queue's processes killed 1,000 times; KILLS=N, EVENTD_SEED=N
	@EVENTD_KILLS=$(or $(KILLS),1000) $(PYTHON) -m pytest -p no:cacheprovider -q -s tests/integration/test_mail_queue.py -k killed

.PHONY: soak-backlog
soak-backlog: all  ## 50,000 mails of an outage drain, and new ones go first; MAILS=N
	@EVENTD_BACKLOG=$(or $(MAILS),50000) $(PYTHON) -m pytest -p no:cacheprovider -q -s tests/integration/test_mail_faults.py -k backlog

# What suite.py builds.
.PHONY: fuzz-programs
fuzz-programs: $(FUZZ)

.PHONY: bench
bench: deps-bench all $(BENCH)  ## the benchmarks, with peers side by side; writes build/bench.json beside the table
	@$(PYTHON) tests/bench/bench.py

# ---- Form --------------------------------------------------------------------------------------------------------------------

.PHONY: format lint
format:  ## clang-format on every source file
	@find $(FOLDERS) tests -name '*.[ch]' | xargs -r clang-format -i
lint:  ## direction of includes, headers that compile alone, format, warnings of gcc and clang, manual pages
	@$(SUITE) lint warnings

# ---- Installing --------------------------------------------------------------------------------------------------------------

PREFIX ?= /usr/local
dest   := $(DESTDIR)$(PREFIX)

.PHONY: install
install: all  ## programs, unit, manual pages, completions; DESTDIR= PREFIX=
	install -d $(dest)/sbin $(dest)/bin $(dest)/lib/eventd $(dest)/lib/systemd/system $(dest)/lib/sysusers.d \
		$(dest)/share/man/man1 $(dest)/share/man/man3 $(dest)/share/man/man5 $(dest)/share/man/man7 $(dest)/share/man/man8 $(dest)/share/bash-completion/completions $(dest)/share/doc/eventd/examples \
		$(dest)/share/eventd/lua
	install -m 755 $(PROGRAMS) $(dest)/lib/eventd
	ln -sf ../lib/eventd/eventd $(dest)/sbin/eventd
	ln -sf ../lib/eventd/eventctl $(dest)/bin/eventctl
	sed 's|@PREFIX@|$(PREFIX)|g' eventd/share/eventd.service >$(dest)/lib/systemd/system/eventd.service
	install -m 644 eventd/share/eventd.sysusers $(dest)/lib/sysusers.d/eventd.conf
	install -m 644 eventd/share/eventd.8 $(dest)/share/man/man8
	install -m 644 eventd/share/eventd-lua.3 $(dest)/share/man/man3
	install -m 644 eventd/share/lua/eem.lua $(dest)/share/eventd/lua
	install -m 644 eventd/share/eventctl.1 $(dest)/share/man/man1
	install -m 644 eventd/share/eventd-messages.7 $(dest)/share/man/man7
	install -m 644 $(filter %.5,$(MANUALS)) $(dest)/share/man/man5
	install -m 644 $(filter %.7,$(MANUALS)) $(dest)/share/man/man7
	install -m 644 eventd/share/eventctl.bash $(dest)/share/bash-completion/completions/eventctl
	ln -sf eventctl $(dest)/share/bash-completion/completions/eventd
	install -m 644 LICENSE $(wildcard README.md) $(dest)/share/doc/eventd
	$(if $(wildcard examples/*),cp -R examples/. $(dest)/share/doc/eventd/examples)

.PHONY: clean help
clean:  ## removes what was built, but not the packages under build/root
	find build -mindepth 1 -maxdepth 1 ! -name root ! -name debs -exec rm -rf {} +
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1\t\2/p' Makefile | expand -t 14
