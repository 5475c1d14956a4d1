# lastack: GNU make, one file. `make` leaves the program at build/lastack; `make help` lists the targets.
#
# CC=gcc or clang; SAN=1 builds everything again under ASan and UBSan in build-san; V=1 shows the commands.

VERSION := 0.1
CC      := gcc
PREFIX  := /usr/local
B       := build$(if $(SAN),-san)$(if $(filter clang%,$(CC)),-clang)
V       :=
Q       := $(if $(V),,@)

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Werror \
           $(if $(filter clang%,$(CC)),-Wcomma)
SANFLAG := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
comma   := ,
CFLAGS  := -O2 -g
ALL     := -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc -I$(B) $(WARN) $(SANFLAG)
LIBS    := -lmnl -lpthread

# The order in which scenarios are best met.
SCENARIOS := $(addprefix scenarios/,$(addsuffix .lab,handshake close simultaneous-close simultaneous-open refused \
               accept-queue-full))

TESTSRC := $(wildcard src/*/*_test.c)
LIBSRC  := $(filter-out $(TESTSRC) $(wildcard src/cmd/*.c),$(wildcard src/*/*.c))
CMDSRC  := $(filter-out $(TESTSRC),$(wildcard src/cmd/*.c))
LIBOBJ  := $(LIBSRC:src/%.c=$(B)/%.o)
CMDOBJ  := $(CMDSRC:src/%.c=$(B)/%.o) $(B)/scenarios.o
UNIT    := $(TESTSRC:src/%.c=$(B)/%)
FACTS   := $(patsubst doc/kernel/%.c,$(B)/kernel/%,$(wildcard doc/kernel/*.c))
FUZZERS := $(patsubst fuzz/%.c,build-fuzz/%,$(wildcard fuzz/*.c))
MANUAL  := $(B)/man/lastack-lab.1 $(B)/man/lastack-scenario.5 $(B)/man/lastack.1

.PHONY: all help demo check test lint fuzz bench torture facts install clean man
.SECONDARY:

all: $(B)/lastack man

help:
	@sed -n 's/^# make \(.*\)/make \1/p' Makefile

# --- building --------------------------------------------------------------------------------------------

$(B)/lastack: $(B)/main.o $(CMDOBJ) $(B)/liblastack.a
	@echo "  LD   $@"
	$(Q)$(CC) $(CFLAGS) $(SANFLAG) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/liblastack.a: $(LIBOBJ)
	@echo "  AR   $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(ALL) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/scenarios.o: $(B)/scenarios.c
	$(Q)$(CC) $(ALL) $(CFLAGS) -c -o $@ $<

$(B)/scenarios.c: $(SCENARIOS) $(B)/embed Makefile
	$(Q)$(B)/embed $(SCENARIOS) > $@.tmp && mv $@.tmp $@

$(B)/embed: tools/embed.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $<

$(B)/%_test: $(B)/%_test.o $(B)/liblastack.a
	$(Q)$(CC) $(CFLAGS) $(SANFLAG) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(wildcard $(B)/*.d $(B)/*/*.d)
