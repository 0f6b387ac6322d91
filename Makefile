# mini-run: everything that is built, tested and measured. `make help` lists the targets.
#
# One tree of sources, several kinds of build, each in a directory of its own: build/ (the static binary),
# build/asan (address and undefined behaviour sanitizers), build/faults (any step can be made to fail).
# V=1 shows the commands.

VERSION := 0.1.0
COMMIT := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif
O ?= build
ROOTFS ?= build/rootfs

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Wundef -Wformat=2 -Wwrite-strings -Wstrict-prototypes \
	-Wmissing-prototypes $(if $(findstring clang,$(CC)),,-Wlogical-op -Wduplicated-cond) $(if $(CI),-Werror)
HARDENING := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(if $(filter x86_64%,$(shell $(CC) -dumpmachine)),-fcf-protection)
OPTIMISE ?= -O2
CPPFLAGS += -D_GNU_SOURCE -Isrc -I$(O)/gen $(if $(FAULTS),-DMINI_RUN_FAULTS)
CFLAGS += -std=gnu17 $(OPTIMISE) -g -ffunction-sections -fdata-sections $(WARNINGS) $(HARDENING)
LDFLAGS += -static -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack
LDLIBS := -lseccomp -ljson-c -lm

SOURCES := $(sort $(filter-out src/init/init.c,$(wildcard src/*.c src/*/*.c)))
OBJECTS := $(SOURCES:src/%.c=$(O)/obj/%.o) $(O)/obj/gen/init_program.o $(O)/obj/gen/seccomp_program.o
# What the tests link: everything but main().
LIBRARY := $(filter-out $(O)/obj/main.o,$(OBJECTS))
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: all
all: $(O)/mini-run

.DELETE_ON_ERROR:

$(O)/mini-run: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.debug $(OBJECTS) $(LDLIBS)
	$(Q)objcopy --strip-all --add-gnu-debuglink=$@.debug $@.debug $@ 2>/dev/null || objcopy --strip-all $@.debug $@

$(O)/obj/%.o: src/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/gen/%.o: $(O)/gen/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The version is in one object only, remade when the commit changes.
$(O)/obj/main.o: CPPFLAGS += -DVERSION='"$(VERSION)"' -DCOMMIT='"$(COMMIT)"'
$(O)/obj/main.o: $(O)/commit
$(O)/commit: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
.PHONY: FORCE

# The built-in program: one of its own without libc, carried as an array. Nothing may be added to it by
# the flags of the distribution's compiler, which is why they are all here.
$(O)/gen/init: src/init/init.c src/init/places.h src/sync/sync.h src/base/error.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -Isrc -std=gnu17 -Os -static -nostdlib -ffreestanding -fno-stack-protector -fcf-protection=none \
		-fno-asynchronous-unwind-tables -fno-pie -no-pie -Wall -Wextra -Wl,--build-id=none \
		-Wl,-z,noseparate-code -Wl,-n -Wl,-z,noexecstack -s -o $@ $<
$(O)/gen/init_program.c: $(O)/gen/init scripts/embed
	$(call say,EMBED,$@)
	$(Q)scripts/embed $< init_program init/init_program.h >$@

# The default system call filter: compiled by host/seccomp_compile.c now, so that a start pays nothing for it.
GEN_SECCOMP := scripts/gen-seccomp.c src/base/error.c src/base/arena.c \
	src/config/seccomp_default.c src/host/seccomp_compile.c
$(O)/gen/gen-seccomp: $(GEN_SECCOMP) $(wildcard src/config/*.h src/host/seccomp*.h)
	$(call say,CC,scripts/gen-seccomp.c)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -D_GNU_SOURCE -Isrc -std=gnu17 -O1 -o $@ $(GEN_SECCOMP) -lseccomp
$(O)/gen/seccomp_program.c: $(O)/gen/gen-seccomp
	$(call say,GEN,$@)
	$(Q)$< >$@

# ---- try it ----

.PHONY: demo rootfs
demo:
	$(Q)scripts/deps build demo
	$(Q)$(MAKE) --no-print-directory all rootfs
	$(Q)scripts/demo

rootfs: $(ROOTFS)/bin/busybox
$(ROOTFS)/bin/busybox: scripts/make-rootfs
	$(call say,ROOTFS,$(ROOTFS))
	$(Q)scripts/make-rootfs $(ROOTFS)

# ---- tests ----

.PHONY: test test-native test-engines asan portable
# Everything, by one command: natively, then in a virtual machine with cgroup v2.
test:
	$(Q)scripts/deps build test vm
	$(Q)$(MAKE) --no-print-directory all rootfs units faults-build portable
	$(Q)tests/run

test-native:
	$(Q)scripts/deps build test
	$(Q)$(MAKE) --no-print-directory all rootfs units faults-build
	$(Q)tests/run --native

# Podman, containerd and Docker drive mini-run, each in a virtual machine that has them.
test-engines:
	$(Q)scripts/deps build demo vm engines
	$(Q)$(MAKE) --no-print-directory all rootfs build/tests/lib/leftovers
	$(Q)tests/run --engines

# Programs that tests put into containers or wrap around mini-run: static, without sanitizers.
HELPERS := $(patsubst tests/lib/%.c,build/tests/lib/%,$(wildcard tests/lib/*.c))
build/tests/lib/%: tests/lib/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -std=gnu17 -D_GNU_SOURCE -Isrc -O1 $(WARNINGS) -static -o $@ $< $(HELPER_LIBS)
build/tests/lib/json: HELPER_LIBS := -ljson-c

.PHONY: units
units: $(UNIT) $(HELPERS)
$(O)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $(UNIT_LDFLAGS) -MMD -MP -o $@ $< $(LIBRARY) $(LDLIBS) -lcmocka

# The whole suite again, natively, with every access and every undefined operation checked.
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan:
	$(Q)scripts/deps build test
	$(Q)$(MAKE) --no-print-directory O=build/asan OPTIMISE="-O1 $(ASAN)" HARDENING= LDFLAGS="$(ASAN)" all units
	$(Q)$(MAKE) --no-print-directory all rootfs faults-build
	$(Q)MINI_RUN=$(CURDIR)/build/asan/mini-run UNIT_TESTS=$(CURDIR)/build/asan/tests/unit tests/run --native

# A build in which MINI_RUN_FAIL_STEP=NAME makes the step of that name fail.
.PHONY: faults-build
faults-build:
	$(Q)$(MAKE) --no-print-directory O=build/faults FAULTS=1 all

# The portable rooms, compiled where no Linux header is.
PORTABLE := $(filter-out src/config/json.c,$(wildcard src/config/*.c)) \
	src/base/error.c src/base/arena.c src/base/number.c src/base/options.c
PORTABLE_TESTS := test_number test_options test_args test_args_files test_args_security test_args_errors \
	test_config test_config_resources
portable: $(PORTABLE:src/%.c=build/portable/%.o) $(PORTABLE_TESTS:%=build/portable/tests/%.o)
build/portable/%.o: src/%.c
	$(call say,MINGW,$<)
	$(Q)mkdir -p $(@D)
	$(Q)x86_64-w64-mingw32-gcc -std=gnu17 -Isrc -O1 -Wall -Wextra -Werror -MMD -MP -c -o $@ $<
build/portable/tests/%.o: tests/unit/%.c
	$(call say,MINGW,$<)
	$(Q)mkdir -p $(@D)/include
	$(Q)cp /usr/include/cmocka*.h $(@D)/include/
	$(Q)x86_64-w64-mingw32-gcc -std=gnu17 -Isrc -Itests/unit -isystem $(@D)/include -O1 -Wall -Wextra -Werror -MMD -MP -c -o $@ $<

# ---- checks of the sources ----

.PHONY: lint format format-check tidy cppcheck shellcheck mandoc
C_FILES = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
SHELL_FILES = $(shell git ls-files --cached --others --exclude-standard scripts tests bench .ci | xargs grep -lE '^\#!/(usr/bin/env bash|bin/sh|usr/bin/env bats)')
lint:
	$(Q)scripts/deps build test lint
	$(Q)$(MAKE) --no-print-directory format-check tidy cppcheck shellcheck mandoc

format:
	$(Q)clang-format -i $(C_FILES)
format-check:
	$(call say,FORMAT,)
	$(Q)clang-format --dry-run --Werror $(C_FILES)
tidy: $(O)/gen/init_program.c $(O)/gen/seccomp_program.c
	$(call say,TIDY,)
	$(Q)printf '%s\n' $(SOURCES) | xargs -P $$(nproc) -I FILE clang-tidy --quiet --warnings-as-errors='*' FILE -- \
		$(CPPFLAGS) -DVERSION='""' -DCOMMIT='""' -std=gnu17 2> >(grep -vE 'warnings? generated|^Suppressed|^Use -header-filter' >&2)
cppcheck:
	$(call say,CPPCHECK,)
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
		--suppressions-list=.cppcheck -j $$(nproc) -Isrc -D__x86_64__ -D_GNU_SOURCE $(SOURCES) src/init/init.c bench/*.c
shellcheck:
	$(call say,SHELL,)
	$(Q)shellcheck -x $(SHELL_FILES)
mandoc:
	$(call say,MANDOC,)
	$(Q)mandoc -T lint -W warning man/*.1
SHELL := /bin/bash

# ---- measurements ----

.PHONY: bench
$(O)/bench/%: bench/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNINGS) -static -o $@ $<
bench:
	$(Q)scripts/deps build bench
	$(Q)$(MAKE) --no-print-directory all rootfs build/bench/floor build/bench/spawn
	$(Q)bench/bench $(BENCH_FLAGS)

# ---- installing ----

.PHONY: install dist clean help
install: all
	install -Dm755 $(O)/mini-run $(DESTDIR)$(PREFIX)/bin/mini-run
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -Dm644 completions/mini-run.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mini-run
	install -Dm644 completions/_mini-run $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mini-run
	install -Dm644 completions/mini-run.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mini-run.fish

dist:
	$(Q)mkdir -p build
	git archive --prefix=mini-run-$(VERSION)/ -o build/mini-run-$(VERSION).tar.gz HEAD

# The kernels and the system of the test machine stay: they are fetched, not built.
clean:
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name vm -exec rm -rf {} + 2>/dev/null || true

help:
	@echo 'make            the static binary build/mini-run'
	@echo 'make demo       install what it needs, build, run a limited container in a small root filesystem'
	@echo 'make test       install what it needs, build, run every test, natively and in a virtual machine'
	@echo 'make test-engines  Podman, containerd and Docker drive mini-run, in a virtual machine (needs root)'
	@echo 'make asan       the native tests under AddressSanitizer and UBSan'
	@echo 'make lint       clang-format, clang-tidy, cppcheck, shellcheck, mandoc'
	@echo 'make bench      mini-run beside a bare program and the other runtimes installed (BENCH_FLAGS=-n 200)'
	@echo 'make portable   compile config/ and its tests without Linux headers (mingw-w64)'
	@echo 'make install    to $$(DESTDIR)$$(PREFIX), default /usr/local'
	@echo 'make dist       a tar archive of the sources'

-include $(OBJECTS:.o=.d) $(UNIT:=.d) $(wildcard build/portable/*/*.d)
