#!/bin/sh
# SPDX-License-Identifier: MIT
# However top and the prompts end, the terminal is as it was before.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
export TERM=xterm

# ends_by HOW READY COMMAND...: that ends it, with exit code 0, and the terminal is as before.
ends_by() {
	how=$1
	ready=$2
	shift 2
	is "$(python3 "$SRC/test/terminal.py" "$ready" "$how" "$LASTACK" "$@")" "exit 0, cooked" "$*: ends by $how"
}

for how in QUIT 'type:\x1c' TERM HUP INT 'type:\x03' 'type:q'; do
	ends_by "$how" "q quit" top -d 100ms
done
if "$LASTACK" lab --check >/dev/null 2>&1; then
	for how in 'type:\x04' 'type:quit\r' 'type:\x03+type:quit\r' 'INT+type:\x04'; do
		ends_by "$how" "lab> " lab
	done
else
	skip "no way to run a lab here"
fi
if [ "$(id -u)" -eq 0 ]; then
	for how in 'type:\x04' 'type:quit\r' 'type:\x03+type:quit\r'; do
		ends_by "$how" "step> " step sleep 100
	done
else
	skip "stepping in the machine's network wants root"
fi
done_testing
