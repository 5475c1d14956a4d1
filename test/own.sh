# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced before lib.sh: the test goes on in network, PID and mount namespaces of its own, with a /proc of its own. Where none can be
# made it goes on where it is, and OWN is empty: own_or_skip, after lib.sh.
own="unshare --net --pid --fork --mount --mount-proc --kill-child"
# shellcheck disable=SC2086 # words
[ -n "${OWN:-}" ] || ! $own true 2>/dev/null || OWN=1 exec $own sh "$0" "$@"

own_or_skip() {
	[ -n "${OWN:-}" ] && ip link set lo up 2>/dev/null || skip_all "no namespaces of its own can be made here"
}
