#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench: medians and ratios, each beside its floor in the same run. Absolute times are for people.
set -eu
echo "set-up of a lab beside two bare namespaces with a TUN each (held: lab <= 3 x floor)"
"$BUILD/bench/setup"
echo
echo "whole command, 20 runs: lastack lab -q close"
i=0
while [ $i -lt 20 ]; do
	"$LASTACK" lab -q close
	i=$((i + 1))
done | sed 's/.*, //' | sort -n | sed -n '10{s/^/median of the scenario /;p}'
echo
echo "stepping a program: what a system call costs (held: another call <= 0.2 us over native, a socket call <= 1 x strace)"
"$(dirname "$0")/step.sh"
echo
echo "listing sockets beside ss, netstat and lsof (FULL=1: 500,000 as well)"
"$(dirname "$0")/list.sh"
