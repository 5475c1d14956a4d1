#!/bin/sh
# SPDX-License-Identifier: MIT
# busy.sh LOOPS COMMAND…: runs the command beside so many busy loops.
loops=$1
shift
busy=
i=0
while [ "$i" -lt "$loops" ]; do
	(while :; do :; done) &
	busy="$busy $!"
	i=$((i + 1))
done
# shellcheck disable=SC2064,SC2086 # the list as it is now, as words
trap "kill $busy 2>/dev/null" EXIT INT TERM
"$@"
