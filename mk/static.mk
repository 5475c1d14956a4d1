# One executable that needs nothing of the machine it runs on: no library, no NSS, no locale. What is opened at run time elsewhere
# (base/library.h) is linked in. By glibc: Debian has all of these libraries as archives, for other processors too (tools/libmnl).

# What a static libdw wants depends on how it was built: all of these that are there.
archive = $(foreach l,$1,$(if $(filter /%,$(shell $(CC) -print-file-name=lib$l.a)),-l$l))

# ld warns of dlopen() wherever libc.a has one; ours is taken (base/library.c).
SILENT := -Wl,--no-warnings
QUIET   = $(if $(findstring --no-warnings,$(shell $(CC) -Wl,--help 2>/dev/null)),$(SILENT))

ifdef STATIC
LIBS := -Wl,--start-group -lmnl -linih -ledit -lncursesw -ltinfo -ldw -lelf $(call archive,bsd md z lzma bz2 zstd) -l:libstdc++.a \
        -lutil -lpthread -lm -Wl,--end-group $(QUIET)
endif

# make static     build-static/lastack-static: one executable for every kernel, and for empty roots (CC=aarch64-linux-gnu-gcc: for arm64)
static:
	@tools/deps static $(TARGET)
	@tools/libmnl build-static$(TARGET:%=-%)/lib $(CC)
	@$(MAKE) --no-print-directory STATIC=1 CC="$(CC)" build-static$(TARGET:%=-%)/lastack-static
.PHONY: static

# The static program without its symbols, as it is copied to other machines.
%/lastack-static: %/lastack
	@echo "  STRIP $@"
	$(Q)$(if $(TARGET),$(TARGET)-)strip -o $@ $<
