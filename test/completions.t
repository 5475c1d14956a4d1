#!/bin/sh
# SPDX-License-Identifier: MIT
# Completions: what bash offers at the places of a command line; that zsh and fish can read theirs.
. "$(dirname "$0")/lib.sh"
[ -e "$BUILD/complete/bash" ] || skip_all "no completions were made (make completions)"
command -v bash >/dev/null || skip_all "bash is not installed"

# offers LINE…: what Tab offers at the end of the words, the last of which has begun.
offers() {
	bash -c '. "$1"; shift; COMP_WORDS=(lastack "$@"); COMP_CWORD=$#; compopt() { :; }; _lastack; printf "%s\n" "${COMPREPLY[@]}"' \
		bash "$BUILD/complete/bash" "$@"
}

is "$(offers la)" "lab" "a command"
has "$(offers help sce)" "scenario" "a page"
has "$(offers lab simul)" "simultaneous-close" "a scenario"
is "$(offers doctor --win)" "--window=" "an option that wants a value"
has "$(offers list --)" "--group-by=" "all of a command's options"
has "$(offers explain --at = cl)" "client" "the words of a value, as bash splits --at=cl"
is "$(offers explain --at=c --nosuch)" "" "nothing where there is nothing"
for shell in zsh fish; do
	if command -v $shell >/dev/null; then
		ok "$($shell -n "$BUILD/complete/$shell" >"$WORK/out" 2>&1; echo $?)" "$shell reads its own" "$(cat "$WORK/out")"
	else
		skip "$shell is not installed"
	fi
done
# Every option of the help is offered.
for command in lab step list top doctor explain; do
	offers $command -- | sed 's/=$//' | sort >"$WORK/offered"
	"$LASTACK" $command --help | sed -n 's/^ .* \(--[a-z0-9-]*\).*/\1/p' | sort -u >"$WORK/help"
	is "$(sort -u "$WORK/offered" | comm -13 - "$WORK/help")" "" "$command: all that --help names"
done
done_testing
