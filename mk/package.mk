# What a distribution wants: the files in their places, and packages of them.

# --- completions: the options of the program's own tables ------------------------------------------------------

SHELLS  := bash zsh fish
COMPLETER := $(if $(TARGET),build,$(B))/completions

# make completions   for bash, zsh and fish: build/complete
completions: $(SHELLS:%=$(B)/complete/%)
.PHONY: completions

$(B)/complete/%: $(COMPLETER)
	@mkdir -p $(@D)
	$(Q)$(COMPLETER) $* > $@.tmp && mv $@.tmp $@

# --- install ---------------------------------------------------------------------------------------------------

# Debian's zsh looks in share/zsh/vendor-completions.
ZSHDIR := share/zsh/site-functions

# What goes where, below PREFIX, and its mode.
INSTALLED = $(B)/lastack:bin/lastack:755 \
            $(foreach e,$(EXAMPLES),$e:libexec/lastack/examples/$(notdir $e):755) \
            $(foreach m,$(MANUAL),$m:share/man/man$(subst .,,$(suffix $m))/$(notdir $m):644) \
            $(foreach s,$(wildcard doc/schema/*.json),$s:share/lastack/schema/$(notdir $s):644) \
            $(B)/complete/bash:share/bash-completion/completions/lastack:644 \
            $(B)/complete/zsh:$(ZSHDIR)/_lastack:644 \
            $(B)/complete/fish:share/fish/vendor_completions.d/lastack.fish:644

# make install    to PREFIX (/usr/local), under DESTDIR
install: all completions
	@for f in $(INSTALLED); do IFS=: && set -- $$f && unset IFS && \
	  echo "  PUT  $(DESTDIR)$(PREFIX)/$$2" && install -D -m "$$3" "$$1" "$(DESTDIR)$(PREFIX)/$$2" || exit 1; done

# make uninstall  takes away what make install has put there
uninstall:
	@for f in $(INSTALLED); do IFS=: && set -- $$f && unset IFS && rm -f "$(DESTDIR)$(PREFIX)/$$2"; done
	@rmdir "$(DESTDIR)$(PREFIX)/libexec/lastack/examples" "$(DESTDIR)$(PREFIX)/libexec/lastack" \
	  "$(DESTDIR)$(PREFIX)/share/lastack/schema" "$(DESTDIR)$(PREFIX)/share/lastack" 2>/dev/null || true
.PHONY: uninstall

# --- packages --------------------------------------------------------------------------------------------------

# make deb        build-deb/*.deb by dpkg-buildpackage; lintian must have nothing to say; unpacked, it must run
# make rpm        build-rpm/RPMS/*/*.rpm by rpmbuild
deb rpm:
	@tools/deps build package
	@tools/package $@ $(VERSION)
.PHONY: deb rpm

# make reproducible  builds twice, in two folders, and compares all that comes out
reproducible:
	@tools/reproducible
.PHONY: reproducible
