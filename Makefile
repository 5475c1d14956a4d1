# lastack: GNU make. `make` leaves the program at build/lastack; `make help` lists the targets. This file builds and tests;
# mk/ has what else is made of it: for other machines (ports.mk), in one file (static.mk), in packages (package.mk).
#
# CC=gcc or clang, or a compiler for another machine or C library (aarch64-linux-gnu-gcc, musl-gcc); BUILD_CC builds what runs
# meanwhile. CPPFLAGS, CFLAGS and LDFLAGS are yours. SAN=1 builds everything again under ASan and UBSan in build-san, V=1 shows
# the commands, WERROR= lets warnings be warnings, as they are outside of a clone.

.DEFAULT_GOAL := all
VERSION  := $(file < VERSION)
CC       := gcc
BUILD_CC := gcc
PREFIX   := /usr/local
V        :=
Q        := $(if $(V),,@)

# Whom CC builds for, if it is another machine or C library: aarch64-linux-gnu, musl. All of it goes into a folder of its own.
TOOL     := $(notdir $(lastword $(CC)))
TARGET   := $(patsubst %-gcc,%,$(filter %-gcc,$(TOOL)))
B        := build$(if $(STATIC),-static)$(if $(SAN),-san)$(if $(filter clang%,$(TOOL)),-clang)$(TARGET:%=-%)

# What is traced and diagnosed has no sanitizers and is for the target: where it goes, and who compiles it.
AT       := build$(TARGET:%=-%)
AT_CC    := $(if $(TARGET),$(CC),$(BUILD_CC))

WERROR   := $(if $(CI)$(wildcard .git),-Werror)
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla $(WERROR) \
            $(if $(filter clang%,$(TOOL)),-Wcomma)
SANFLAG  := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CFLAGS   := -O2 -g
# Whatever is built is the same wherever it is built. bpftool is where only root's PATH leads.
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.
export PATH := $(PATH):/usr/sbin:/sbin

# What tools/libmnl and tools/ports have put there because the target has not got it.
FOREIGN  := $(if $(TARGET),$(addprefix -isystem ,$(wildcard $(B)/lib/include)))
ALL      := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 $(if $(STATIC),-DLASTACK_STATIC) -Isrc -Ibuild -I$(B) \
            -idirafter vendor/bsd $(WARN) $(SANFLAG) $(ANYWHERE) $(FOREIGN) $(CPPFLAGS)
LINK      = $(CC) $(CFLAGS) $(SANFLAG) $(if $(STATIC),-static) $(if $(TARGET)$(STATIC),-L$(B)/lib) $(LDFLAGS)
LIBS     := -lmnl -lutil -lpthread -ldl

# What there is to build with (tools/probe): asked once, and again when another compiler, clang or bpftool has come. BPF is empty
# where the programs for the kernel cannot be built: lastack is then built without them, and says so.
WITH_BPF := src/source/walk.c src/source/engine_walk.c src/source/engine_files.c src/source/registers.c
CLANGBPF := clang -O2 -g -target bpf -idirafter /usr/include/$(shell $(BUILD_CC) -print-multiarch 2>/dev/null)
UNASKED  := help demo check clean static ports deb rpm uninstall kernels reproducible
ifneq ($(filter-out $(UNASKED),$(or $(MAKECMDGOALS),all)),)
FOUND    := $(strip $(shell PATH="$(PATH)"; command -v $(firstword $(CC)); command -v clang; command -v bpftool))
include $(B)/probe.mk
$(B)/probe.mk: tools/probe tools/probe.bpf.c $(if $(subst -$(FOUND)-,,-$(PROBED)-),again)
	@mkdir -p $(@D)
	@CLANGBPF="$(CLANGBPF)" tools/probe "$(FOUND)" $(CC) $(FOREIGN) $(CPPFLAGS) > $@.tmp && mv $@.tmp $@ || { rm -f $@.tmp; exit 1; }
endif
.PHONY: again

# The order in which scenarios are best met.
SCENARIOS := $(addprefix scenarios/,$(addsuffix .lab,handshake close simultaneous-close simultaneous-open refused bound \
               accept-queue-full syn-lost synack-lost last-ack-lost reset half-open linger-zero unread-data-reset \
               fin-wait2-timeout time-wait-reuse zero-window keepalive syn-cookies fast-open \
               post-000-echo post-000-step post-001-time-wait post-001-step post-002-close-wait post-002-step post-003-handshake-queues post-004-netcat post-004-step post-004-ncat \
               time-wait-timer))
# What the doctor's rules must find, and beside each its twin, in which they must not.
SCENARIOS += $(sort $(wildcard scenarios/doctor/*.lab))
# What makes the counters that explain knows.
SCENARIOS += $(sort $(wildcard scenarios/words/*.lab))

TESTSRC := $(wildcard src/*/*_test.c)
BPFSRC  := $(wildcard src/bpf/*.bpf.c)
LIBSRC  := $(filter-out $(TESTSRC) $(wildcard src/cmd/*.c) $(BPFSRC) $(if $(BPF),src/source/no_bpf.c,$(WITH_BPF)),$(wildcard src/*/*.c))
CMDSRC  := $(filter-out $(TESTSRC),$(wildcard src/cmd/*.c))
LIBOBJ  := $(LIBSRC:src/%.c=$(B)/%.o) $(B)/scenarios.o
CMDOBJ  := $(CMDSRC:src/%.c=$(B)/%.o)
UNIT    := $(patsubst src/%.c,$(B)/%,$(filter-out $(if $(BPF),,src/source/engine_walk_test.c),$(TESTSRC)))
EXAMPLES := $(patsubst %.c,$(AT)/%,$(wildcard examples/*.c))
FACTS   := $(patsubst doc/kernel/%.c,$(B)/kernel/%,$(wildcard doc/kernel/*.c))
FUZZERS := $(patsubst fuzz/%.c,build-fuzz/%,$(wildcard fuzz/*.c))
MANUAL  := $(B)/man/lastack-lab.1 $(B)/man/lastack-step.1 $(B)/man/lastack-list.1 $(B)/man/lastack-top.1 $(B)/man/lastack-doctor.1 $(B)/man/lastack-rules.7 $(B)/man/lastack-words.7 $(B)/man/lastack-explain.1 $(B)/man/lastack-scenario.5 $(B)/man/lastack.1

.PHONY: all help demo check test lint fuzz bench btf torture mutants facts install clean man
.SECONDARY:

all: $(B)/lastack man completions examples

help:
	@sed -n 's/^# make \(.*\)/make \1/p' Makefile mk/*.mk

# --- building --------------------------------------------------------------------------------------------

$(B)/lastack: $(B)/main.o $(B)/pages.o $(CMDOBJ) $(B)/liblastack.a
	@echo "  LD   $@"
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(B)/liblastack.a: $(LIBOBJ)
	@echo "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(ALL) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/cmd/command.o: ALL += -DVERSION='"$(VERSION)"'
$(B)/cmd/command.o: VERSION
$(B)/source/no_bpf.o: ALL += -DWHY_NO_BPF='"$(WHY_NO_BPF)"'
$(B)/source/no_bpf.o: $(B)/probe.mk

$(B)/scenarios.o: $(B)/scenarios.c
	$(Q)$(CC) $(ALL) $(CFLAGS) -c -o $@ $<

$(B)/scenarios.c: $(SCENARIOS) build/embed Makefile
	@mkdir -p $(@D)
	$(Q)build/embed $(SCENARIOS) > $@.tmp && mv $@.tmp $@

# The manual pages as plain text, for `lastack help`.
$(B)/pages.c: $(MANUAL) build/pages
	$(Q)build/pages $(MANUAL) > $@.tmp && mv $@.tmp $@

$(B)/pages.o: $(B)/pages.c
	$(Q)$(CC) $(ALL) $(CFLAGS) -c -o $@ $<

# Runs a test so that nothing of it outlives it; tools/run-test.
build/alone build/embed build/pages: build/%: tools/%.c
	@mkdir -p $(@D)
	$(Q)$(BUILD_CC) -std=gnu11 -D_GNU_SOURCE $(filter-out -Wcomma,$(WARN)) -O2 -o $@ $<

$(B)/%_test: $(B)/%_test.o $(B)/liblastack.a
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(B)/cmd/%_test: $(B)/cmd/%_test.o $(CMDOBJ) $(B)/liblastack.a
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# It relocates the programs for the kernel by libbpf itself, this machine's.
WITH_LIBBPF := $(if $(TARGET)$(STATIC),,$(BPF))
$(B)/source/relocation_test: LIBS += $(if $(WITH_LIBBPF),-lbpf)
$(B)/source/relocation_test.o: ALL += $(if $(WITH_LIBBPF),-DWITH_LIBBPF)

-include $(wildcard $(B)/*.d $(B)/*/*.d)

# Programs for the kernel, as a header with all that loads them ("light skeleton": no libbpf at run time).
SKELETONS := $(if $(BPF),$(patsubst src/%.bpf.c,build/%.skel.h,$(BPFSRC)))
$(LIBOBJ): | $(SKELETONS)

build/bpf/%.skel.h: src/bpf/%.bpf.c $(wildcard src/bpf/*.h)
	$(skeleton)

build/bench/%.skel.h: bench/%.bpf.c $(wildcard src/bpf/*.h)
	$(skeleton)

define skeleton
	@mkdir -p $(@D)
	@echo "  BPF  $<"
	$(Q)$(CLANGBPF) $(ANYWHERE) -Isrc -Wall -Wextra -Wno-unused-parameter $(WERROR) -c $< -o $(@:.skel.h=.o)
	$(Q)bpftool gen skeleton -L $(@:.skel.h=.o) name $(basename $(notdir $(basename $<))) > $@.tmp && mv $@.tmp $@
endef

# The small servers and clients of the posts: they are diagnosed, so they are never built with sanitizers.
.PHONY: examples
examples: $(EXAMPLES)

$(AT)/examples/%: examples/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(ANYWHERE) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $<

# Programs for the tests of step: traced, so never with sanitizers either. The leaking server in the ways it may be built.
PROGRAMS := $(patsubst test/programs/%.c,$(AT)/programs/%,$(wildcard test/programs/*.c)) \
            $(addprefix $(AT)/programs/leaking-,frame no-frame static no-debug) $(AT)/programs/echo-static $(AT)/programs/hold

.PHONY: programs
programs: examples $(PROGRAMS) $(AT)/alone

$(AT)/programs/%: test/programs/%.c
	@mkdir -p $(@D)
	$(Q)$(AT_CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -O1 -g -o $@ $< -lpthread

$(AT)/programs/hold: bench/hold.c
	@mkdir -p $(@D)
	$(Q)$(AT_CC) -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -g -o $@ $< -lpthread

$(AT)/programs/leaking-%: examples/leaking_server.c
	@mkdir -p $(@D)
	$(Q)$(AT_CC) -std=c11 -D_GNU_SOURCE -O2 $(LEAKING.$*) -o $@ $<

LEAKING.frame := -g -fno-omit-frame-pointer
LEAKING.no-frame := -g -fomit-frame-pointer
LEAKING.static := -g -static
LEAKING.no-debug := -fno-inline

$(AT)/programs/echo-static: examples/echo_client.c
	@mkdir -p $(@D)
	$(Q)$(AT_CC) -std=c11 -D_GNU_SOURCE -O2 -static -o $@ $<

ifdef TARGET
$(AT)/alone: tools/alone.c
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -o $@ $<
endif

# --- manual pages: the pages of doc/ with the tables of the program in them --------------------------------

man: $(MANUAL)

# It runs here: for another machine it is made by BUILD_CC, of objects for this one.
PRINTER := $(if $(TARGET),build,$(B))/manual
ifdef TARGET
$(PRINTER): $(wildcard src/*/*.[ch] src/*/*.def) tools/manual.c
	@$(MAKE) --no-print-directory CC="$(BUILD_CC)" CPPFLAGS= LDFLAGS= $@
else
$(B)/%: tools/%.c $(CMDOBJ) $(B)/liblastack.a
	$(Q)$(LINK) $(ALL) -o $@ $< $(CMDOBJ) $(B)/liblastack.a $(LIBS)
endif

$(B)/man/%: doc/% $(PRINTER)
	@mkdir -p $(@D)
	@echo "  MAN  $@"
	$(Q)$(PRINTER) < $< > $@.tmp && mv $@.tmp $@

# --- the two commands of the README ------------------------------------------------------------------------

# make demo       install what is missing, build, play a connection's close
demo:
	@tools/deps build
	@$(MAKE) --no-print-directory all
	@$(B)/lastack lab close
	@printf '\nNext:  %s\n       %s\n       %s\n' \
	  "$(B)/lastack lab handshake --pace   Enter for each packet" \
	  "$(B)/lastack lab --list             the other scenarios" \
	  "$(B)/lastack                        what works on this machine"

# Under the sanitizers: the tests of commands that hold there (step, list, top and doctor are compared with tools that time them).
SAN_T := $(patsubst %,test/%.t,lab errors design frozen foreign netns offline examples privileges others)

# make check      install what is missing, build, run all tests (gcc); all unit tests and those of SAN_T under ASan and UBSan;
#                 built once more by clang, with the facts about the kernel
check:
	@tools/deps build check
	@tools/layers
	@$(MAKE) --no-print-directory headers all $(B)/bench/setup test
	@TEST_LIMIT=900 $(MAKE) --no-print-directory SAN=1 T="$(SAN_T)" all test
	@$(MAKE) --no-print-directory CC=clang all facts

# A shim in python3's place, as pyenv has it, costs six times as much CPU as Python does, and the tests start it 300 times.
PYTHON_ITSELF := at=$$(python3 -c 'import os, sys; print(os.path.dirname(sys.executable))' 2>/dev/null); PATH="$${at:+$$at:}$$PATH"

# J: how many tests run at a time. T: the tests of commands that are run.
J := 2
T := $(wildcard test/*.t)

# make test       the tests alone, with what is built (SAN=1: under ASan and UBSan)
test: $(UNIT) $(B)/lastack man programs
	@echo "  TEST $(B)"
	@$(PYTHON_ITSELF) LASTACK=$(abspath $(B)/lastack) BUILD=$(abspath $(B)) SRC=$(CURDIR) \
	  prove --timer -j$(J) $(if $(CI),,-q) -e 'tools/run-test' $(UNIT) $(T)

# make facts      the kernel behaviour that lastack relies on, one tiny program each
facts: $(FACTS) build/alone
	@prove -q -e 'tools/run-test' $(FACTS)

$(B)/kernel/%: doc/kernel/%.c doc/kernel/fact.h $(B)/liblastack.a
	@mkdir -p $(@D)
	$(Q)$(LINK) $(ALL) -o $@ $< $(B)/liblastack.a $(LIBS)

# --- beyond the tests --------------------------------------------------------------------------------------

# cppcheck takes the elements of sys/queue.h's lists for uninitialised. The shell tests set $$rc and $$out in test/lib.sh.
# make lint       layout (clang-format 14), direction of includes, headers alone, cppcheck, clang-tidy, shellcheck
lint: headers
	@tools/deps lint
	@clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h' ':!vendor')
	@tools/layers --check
	@cppcheck -q --std=c11 --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	  --suppress=missingIncludeSystem --suppress=uninitvar --suppress=ctuuninitvar --suppress=unknownMacro -D_GNU_SOURCE -D__x86_64__ -Isrc src tools
	@printf '%s\n' $(LIBSRC) $(CMDSRC) src/main.c | \
	  xargs -P "$$(nproc)" -I{} clang-tidy --quiet {} -- $(filter-out -Werror,$(ALL)) 2>/dev/null
	@shellcheck -S warning -e SC2154 tools/deps tools/probe tools/libmnl tools/ports tools/package tools/reproducible tools/run-test tools/debian tools/mirror test/*.t test/*.sh .ci/run

.PHONY: headers
headers: $(SKELETONS)
	@for h in $$(cd src && ls */*.h | grep -v '\.bpf\.h$$'); do printf '#include "%s"\n#include "%s"\n' $$h $$h | \
	  $(CC) $(ALL) -fsyntax-only -x c - || exit 1; done # .bpf.h: for clang's BPF only

# make fuzz       libFuzzer on each parser of foreign bytes (SECONDS=60 for each)
SECONDS := 60
fuzz: $(FUZZERS)
	@for f in $(FUZZERS); do echo "  FUZZ $$f"; mkdir -p build-fuzz/corpus/$$(basename $$f); \
	  $$f -max_total_time=$(SECONDS) -print_final_stats=0 -verbosity=0 build-fuzz/corpus/$$(basename $$f) \
	  fuzz/corpus/$$(basename $$f) || exit 1; done

build-fuzz/%: fuzz/%.c $(LIBSRC) $(B)/scenarios.c | $(SKELETONS)
	@tools/deps fuzz
	@mkdir -p $(@D)
	$(Q)clang -g -O1 -std=gnu11 -D_GNU_SOURCE -Isrc -Ibuild -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -o $@ $(filter %.c,$^) $(LIBS)

# make mutants    the program broken on purpose, one line at a time: is there a test that notices? (MUTANTS='-j 2 --only tcp'; test/mutants/README)
mutants:
	@test/mutants/run $(MUTANTS)

# make kernels    Debian's kernels under qemu, and the same tests in each: a table (KERNELS='6.1 --job lab'; test/kernels/README)
kernels:
	@tools/deps kernels
	@test/kernels/run $(KERNELS)

# What test/kernels/run boots, for the processor that CC builds for.
.PHONY: booted
booted: $(B)/lastack $(B)/doctor/doctor_test programs $(FACTS)

# make bench      what each command costs beside ss, lsof, strace, gdb and beside floors: one table (ROWS='list step' for a part, ROWS=help; OLD=PATH/lastack
#                 beside an older build; FULL=1 for what takes minutes)
bench: all programs $(B)/bench/setup $(if $(BPF),$(B)/bench/floor)
	@tools/deps bench
	@command -v nginx >/dev/null || $(MAKE) --no-print-directory $(B)/bench/nginx || true
	@LASTACK=$(abspath $(B)/lastack) BUILD=$(abspath $(B)) OLD="$(OLD)" FULL="$(FULL)" bench/run $(ROWS)

# Its package unpacked, not installed: an installed one would begin to serve. Where that fails, its rows are skipped.
$(B)/bench/nginx:
	@mkdir -p $@.tmp && cd $@.tmp && apt-get download -qq nginx >/dev/null 2>&1 && dpkg-deb -x nginx_*.deb . && cd .. && mv $(@F).tmp $(@F)

$(B)/bench/floor: build/bench/floor.skel.h
$(B)/bench/%: bench/%.c $(B)/liblastack.a
	@mkdir -p $(@D)
	$(Q)$(LINK) $(ALL) -o $@ $< $(B)/liblastack.a $(LIBS)

# make btf        the types of other kernels in test/btf made again, when a BPF program reads what it did not read before
btf: $(SKELETONS)
	@tools/deps btf
	@test/btf/make

# make torture    the long proofs: servers under step beside other people's traffic for ten minutes, the same tables of post 000 in 100 runs, the same ladder 50 times beside 4 busy loops, kill -9 at 200 random moments and in each scenario,
#                 every scenario 100 times beside 8 busy loops, and 500 random scenarios in which what explain infers is held
#                 against the kernel (FIRST=N for others)
FIRST := 1
torture: all programs
	@tools/deps check
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) RUNS=50 BUSY=4 TEST_LIMIT=3600 prove -v -e tools/run-test test/same.t
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) RUNS=200 TEST_LIMIT=3600 prove -v -e tools/run-test test/kill.t
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) RUNS=100 EACH=1 TEST_LIMIT=3600 prove -v -e tools/run-test test/kill.t
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) RUNS=100 TEST_LIMIT=3600 prove -v -e tools/run-test test/step.t
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) TEST_LIMIT=3600 prove -v -e tools/run-test test/healthy.sh
	@LASTACK=$(abspath $(B)/lastack) SRC=$(CURDIR) SOCKETS=10000 RATE=2000 FOR=600 TEST_LIMIT=3600 prove -v -e tools/run-test test/traffic.t
	@test/busy.sh 8 $(B)/lastack lab --all --repeat 100
	@mkdir -p build-chaos && python3 test/chaos.py $(abspath $(B)/lastack) build-chaos $(FIRST) 500

# make clean
clean:
	rm -rf build build-*


include mk/static.mk mk/ports.mk mk/package.mk
