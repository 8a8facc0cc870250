#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Make small images for the fuzzer to start from.
set -euo pipefail

if [ $# -ne 2 ] || [ "$1" = --help ]; then
	echo "usage: make-seeds.sh MKIMAGE DIR"
	echo "Make small images in DIR for the fuzzer to start from."
	[ "${1-}" = --help ] && exit 0
	exit 2
fi
mkimage=$1
dir=$2

# Others may be at it, too: what is there is whole.
new=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$new"' EXIT

seed()
{
	local name=$1

	shift
	"$mkimage" --slot-bytes 4096 --stream 448 "$@" "$new/$name"
}

seed bare --bare --slots 4 --crashes 2 --parts 2
seed erased --bare --slots 3 --crashes 1 --parts 3 --erase 1
seed wrapped --bare --slots 3 --crashes 3 --parts 2 --first-seq 7
seed empty --slots 2 --crashes 0 --appends 0
seed streams --slots 2 --crashes 1 --parts 1 --appends 5 --large 900
seed ring --slots 2 --crashes 1 --parts 2 --appends 60 --large 700
seed cut --slots 2 --crashes 0 --appends 4 --large 500 --cut
seed gap --slots 2 --crashes 0 --appends 6 --large 500 --gap
seed wide --slots 2 --crashes 0 --appends 6 --large 500 --wide-gap
seed older --slots 2 --crashes 0 --appends 3 --large 300 --erase-bank
seed unit --slots 2 --crashes 0 --appends 9 --large 2000 --unit 1024 --cut
seed note --bare --slots 3 --crashes 2 --parts 1 --note 333
seed notes --bare --slots 4 --crashes 2 --parts 2 --note 1500
seed pad --bare --slots 2 --crashes 1 --parts 1 --pad 4096
seed flash --bare --slots 4 --crashes 2 --parts 2 --flash 4096
seed flash-page --slots 2 --crashes 1 --parts 1 --appends 5 --flash 8192:512
seed flash-small --bare --slots 2 --crashes 1 --parts 1 --flash 1024 --last cut
seed flash-cut --bare --slots 3 --crashes 1 --parts 3 --flash 4096 --last head --odd 0:torn
seed flash-odd --bare --slots 3 --crashes 1 --parts 3 --flash 4096 --last unit --odd 3:bad
rm -rf "$dir"
mv -T "$new" "$dir" || [ -d "$dir" ]
