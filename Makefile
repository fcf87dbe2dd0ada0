# eventd. One make, no recursion: a new .c file under the source folders needs no edit here.
# `make help` lists the targets.

CC       ?= gcc
BUILD    ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
comma    := ,
PKGS     := libuv talloc libpcre2-8 libssl libcrypto libgsasl libidn2 sqlite3 jansson yaml-0.1 libmnl libcurl
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
HARDEN   := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
OPT      ?= -O2
PKG_C    := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_L    := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CFLAGS   ?= -g $(OPT)
override CFLAGS += -std=c17 -D_GNU_SOURCE -I. -Ieventd $(WARN) $(HARDEN) $(PKG_C) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) -MMD -MP
override LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))
LIBS     := $(PKG_L) -lpcap -ledit -lm -lpthread -ldl

# A file named main.c is a program; everything else is in the library that all programs link.
SRC      := $(shell find eventd actions applets pki cli -name '*.c' | LC_ALL=C sort)
MAINS    := $(filter %/main.c,$(SRC))
LIB_SRC  := $(filter-out $(MAINS),$(SRC))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LIB      := $(BUILD)/libeventd.a
PROGRAMS := $(BUILD)/eventd $(BUILD)/eventctl $(BUILD)/eventd-mail $(BUILD)/eventd-capture
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT     := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/unit/%)

.PHONY: all
all: $(foreach m,$(MAINS),$(BUILD)/$(prog_of_$(m)))

# Which program each main.c makes.
main_of_eventd         := eventd/main.c
main_of_eventctl       := cli/client/main.c
main_of_eventd-mail    := actions/mail/main.c
main_of_eventd-capture := eventd/capture/main.c
BUILT := $(foreach p,eventd eventctl eventd-mail eventd-capture,$(if $(wildcard $(main_of_$(p))),$(BUILD)/$(p)))
all: $(BUILT) $(LIB)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

define program
$(BUILD)/$(1): $(BUILD)/obj/$(main_of_$(1):.c=.o) $(LIB)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach p,eventd eventctl eventd-mail eventd-capture,$(eval $(call program,$(p))))

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests/lib $(LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LIBS)

.PHONY: unit
unit: $(UNIT)
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

.PHONY: format
format:
	git ls-files '*.c' '*.h' | xargs -r clang-format -i

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)
