#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Test pstore-zone, built with sanitizers, on images that mkimage makes and on what
# is left of them after they were damaged.
set -euo pipefail

usage()
{
	echo "usage: tests.sh [--keep]"
	echo "Build pstore-zone with sanitizers and test it; --keep keeps the images."
}

keep=
case ${1-} in
"") ;;
--keep) keep=1 ;;
--help) usage; exit 0 ;;
*) usage >&2; exit 2 ;;
esac

cd "$(dirname "$0")"
work=$(mktemp -d)
out=$work/out
err=$work/err
passed=0
failed=0
skipped=0
loop=

clean_up()
{
	if [ "$loop" ]; then losetup -d "$loop" || true; fi
	if [ "$keep" ]; then echo "images: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT

# A finding of a sanitizer must not look like exit status 1 or 2.
export ASAN_OPTIONS=exitcode=99:detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

pass()
{
	passed=$((passed + 1))
	echo "pass: $1"
}

fail()
{
	failed=$((failed + 1))
	echo "FAIL: $1"
}

skip()
{
	skipped=$((skipped + 1))
	echo "skip: $1"
}

# check NAME COMMAND...: the command succeeds
check()
{
	local name=$1

	shift
	if "$@" > "$work/check" 2>&1; then pass "$name"; else
		fail "$name"
		sed 's/^/	/' "$work/check" | head -n 5
	fi
}

# run NAME STATUS ARGUMENT...: pstore-zone returns that, and no sanitizer complains
zone=$work/asan/pstore-zone
run()
{
	local name=$1 want=$2 status=0

	shift 2
	timeout 60 "$zone" "$@" > "$out" 2> "$err" || status=$?
	if [ "$status" = "$want" ] &&
	   ! grep -q -e Sanitizer -e 'runtime error' "$err"; then
		pass "$name: exit status $want"
	else
		fail "$name: exit status $status in place of $want"
		sed 's/^/	/' "$err" | head -n 20
	fi
}

# says NAME TEXT: the last run wrote a line that matches, and
# complains NAME TEXT: it wrote one to stderr
says()
{
	check "$1" grep -q -e "$2" "$out"
}

complains()
{
	check "$1" grep -q -e "$2" "$err"
}

silent()
{
	check "$1: nothing on stdout" test ! -s "$out"
}

same()
{
	check "$1" cmp "$2" "$3"
}

# make NAME OPTION...: an image, its map and what should be read
make_image()
{
	local name=$1

	shift
	image=$work/$name.img
	expect=$work/$name.expect
	map=$work/$name.map
	"$work/asan/mkimage" --expect "$expect" --map "$map" "$@" "$image"
}

# at WHAT: where it lies
at()
{
	sed -n "s/^$1 \([0-9]*\)\$/\1/p" "$map"
}

# damage: go on with a copy of $good
damage()
{
	image=$work/damaged.img
	cp "$good" "$image"
}

# poke POSITION BYTE...: bytes as printf has them
poke()
{
	local pos=$1

	shift
	printf '%b' "$@" | dd of="$image" bs=1 seek="$pos" conv=notrunc status=none
}

# flip POSITION: change a byte there
flip()
{
	local byte

	byte=$(od -An -tu1 -j "$1" -N 1 "$image" | tr -d ' ')
	poke "$1" "\\$(printf %03o $((byte ^ 0x55)))"
}

# peek POSITION: four bytes
peek()
{
	od -An -tx1 -j "$1" -N 4 "$image" | tr -d ' '
}

# copy FROM TO BYTES: within the image
copy()
{
	dd if="$image" of="$work/copy" bs=1 skip="$1" count="$3" status=none
	dd if="$work/copy" of="$image" bs=1 seek="$2" conv=notrunc status=none
}

wipe()
{
	dd if=/dev/zero of="$image" bs=1 seek="$1" count="$2" conv=notrunc \
		status=none
}

seal()
{
	"$work/asan/mkimage" --seal "$image"
}

# is_sound, is_cut_short, is_damaged NAME TEXT: what check says about the image
is_sound()
{
	run "$1" 0 check --strict "$image"
	says "$1: it is sound" ': sound$'
}

is_cut_short()
{
	run "$1" 0 check "$image"
	says "$1: it was cut short" "^cut short: $2"
	check "$1: nothing is damaged" sh -c "! grep -q '^damaged' '$out'"
	run "$1, --strict" 1 check --strict "$image"
}

is_damaged()
{
	run "$1" 1 check "$image"
	says "$1: it is damaged" "^damaged: $2"
}

build()
{
	local dir=$1

	shift
	if ! make -s O="$dir" "$@" > "$work/build" 2>&1; then
		cat "$work/build"
		fail "it builds: $*"
		echo "$passed passed, $failed failed, $skipped skipped"
		exit 1
	fi
	check "no warnings: $(basename "$dir")" test ! -s "$work/build"
}

build_all()
{
	local san="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"

	mkdir -p "$work/asan" "$work/plain" "$work/clang"
	build "$work/asan" CC=gcc CFLAGS="$san -Werror" LDFLAGS="$san" \
		test-programs
	build "$work/plain" CFLAGS="-O2 -Werror" all
	if command -v clang > /dev/null; then
		build "$work/clang" CC=clang CFLAGS="-O2 -Werror" all
	else
		skip "no warnings with clang: there is none"
	fi
}

# Building

# folder_of FILE FOLDER...: where it is; the Makefile looks in the same places
folder_of()
{
	local file=$1 folder

	shift
	for folder; do
		if [ -e "$folder/$file" ]; then
			echo "$folder"
			return
		fi
	done
}

test_make()
{
	local kernel=$work/kernel zone_folder flash_folder

	make -s O="$work/plain" DESTDIR="$work/root" prefix=/opt install
	check "install puts it to DESTDIR and prefix" \
		"$work/root/opt/bin/pstore-zone" --help
	zone_folder=$(folder_of media.c ${ZONE:+"$ZONE"} ../../fs/pstore/zone ../fs-pstore/zone)
	flash_folder=$(folder_of flash-media.c ${FLASH:+"$FLASH"} ../../drivers/mtd/pstore ../drivers-mtd)
	mkdir -p "$kernel/tools" "$kernel/fs/pstore/zone" "$kernel/drivers/mtd/pstore"
	cp -r . "$kernel/tools/pstore"
	cp "$zone_folder"/media.[ch] "$kernel/fs/pstore/zone"
	cp "$flash_folder"/flash-media.[ch] "$kernel/drivers/mtd/pstore"
	check "it builds at its place in a kernel tree" \
		env -u ZONE -u FLASH make -s -C "$kernel/tools/pstore"
	check "there is a program then" \
		"$kernel/tools/pstore/pstore-zone" --help
	check "clean removes what was built" \
		env -u ZONE -u FLASH make -s -C "$kernel/tools/pstore" clean
	check "nothing is left" sh -c \
		"! ls '$kernel'/tools/pstore/*.o '$kernel'/tools/pstore/pstore-zone"
}

# Images that are sound

test_streams()
{
	local stream bank

	for stream in console pmsg ftrace; do
		for bank in newest older; do
			run "$1: $stream, $bank" 0 show --"$stream" \
				--bank "$bank" "$image"
			same "$1: $stream, $bank: byte by byte" "$out" \
				"$expect/$stream-$bank"
		done
		run "$1: $stream" 0 show --"$stream" "$image"
		same "$1: the newest bank of $stream is the default" "$out" \
			"$expect/$stream-newest"
	done
}

test_sound()
{
	local sum seq

	make_image sound --crashes 2 --parts 3
	sum=$(sha256sum < "$image")
	run "info" 0 info "$image"
	says "info: the area's id" '^area  *a0a1a2a3a4a5a6a7a8a9aaabacadaeaf$'
	says "info: version" '^version  *1$'
	says "info: generation" '^generation  *1$'
	says "info: size" "^size .* $(stat -c %s "$image") bytes"
	says "info: the first layout" '^first layout  *at 0: valid'
	says "info: the last layout" "^last layout  *at $(at 'last layout'): valid"
	says "info: slots" '^  slots  *8 of 8192 bytes$'
	says "info: live ones" '^  live  *6$'
	says "info: blank ones" '^  blank  *2$'
	says "info: blocks" '^  blocks  *[0-9]* of 512 bytes in each bank$'
	says "info: the newest bank" '^  bank 1 .*newest, live, stream 8, boot b07575'
	says "info: the older bank" '^  bank 0 .*older, live, stream 7, .* begun 2023-11-19T02:13:20Z, kernel 6.12.0-test$'

	run "list" 0 list "$image"
	says "list: a header" '^RECORD  TIME .*REASON .*RELEASE$'
	says "list: an oops" '^ *0  2023-11-14T22:13:20Z  oops  *1  *1/3  *[0-9]*  plain  *b0101010  -  *6.12.0-test$'
	says "list: a panic" '^ *5  2023-11-14T23:13:20Z  panic  *2  *3/3  *[0-9]*  compressed  b0111111  -  *6.12.0-test$'
	check "list: newest last" sh -c \
		"grep -E '^ +[0-9]' '$out' | sort -n -c -k 1,1"
	check "list: six records" test "$(grep -c -E '^ +[0-9]' "$out")" = 6
	says "list: streams" "^console  newest  2023-11-19T03:13:20Z  *$(stat -c %s \
		"$expect/console-newest")  b0757575"
	check "list: six banks" test "$(grep -c -E '^(console|pmsg|ftrace)' \
		"$out")" = 6

	run "show" 0 show "$image"
	same "show: the newest crash, oldest line first" "$out" "$expect/crash-1"
	for seq in 0 1 2 3 4 5; do
		run "show --record $seq" 0 show --record "$seq" "$image"
		same "show --record $seq: byte by byte" "$out" \
			"$expect/record-$seq"
	done
	run "show --crash" 0 show --crash b0101010:1 "$image"
	same "show --crash: this crash" "$out" "$expect/crash-0"
	run "show --crash, one digit" 1 show --crash b:9 "$image"
	complains "show --crash: there is none" 'there is no crash b:9'
	run "show --crash, in capitals and with a hyphen" 0 show \
		--crash B010-1010:1 "$image"
	run "show --record 6" 1 show --record 6 "$image"
	complains "show --record: there is none" 'there is no record 6'
	test_streams "sound"
	run "check" 0 check "$image"
	says "check: slots by run" '^slots 0-5: live$'
	says "check: blank ones" '^slots 6-7: blank$'
	says "check: blocks" '^console bank 1: blocks [0-9-]*: shown$'
	run "check --verbose" 0 check -v "$image"
	says "check --verbose: each slot" '^slot 4: live$'
	says "check --verbose: each block" '^pmsg bank 1: block 0: [a-z]*$'
	is_sound "sound"
	check "the image is as it was" test "$sum" = "$(sha256sum < "$image")"
}

test_geometry()
{
	make_image wrapped --crashes 5 --parts 3 --first-seq 1000 --erase 1010
	is_sound "a ring that has wrapped"
	run "a ring that has wrapped" 0 list "$image"
	check "the newest eight are there, but for the erased one" test \
		"$(awk '/^ *1/ { printf "%s ", $1 }' "$out")" = \
		"1007 1008 1009 1011 1012 1013 1014 "
	says "a part whose crash has lost its first ones" '^ *1007 .* 2/3 '
	run "a ring that has wrapped, --all" 0 list --all "$image"
	says "the erased one is listed" '^ *1010 .* erased  '
	run "an erased record" 1 show --record 1010 "$image"
	complains "an erased record is told" 'record 1010 was erased'
	run "a crash without its newest part" 1 show --crash b0131313:1 "$image"
	complains "the erased part is missed" 'part 2 of the crash is missing'

	make_image ring --appends 300 --large 2000
	is_sound "streams that have wrapped"
	test_streams "streams that have wrapped"
	make_image units --unit 4096 --stream 20000 --large 9000 --appends 100
	is_sound "blocks of 4096 bytes"
	test_streams "blocks of 4096 bytes"
	make_image gap --gap
	is_sound "a stream with a gap"
	test_streams "a stream with a gap"
	run "a stream with a gap" 0 check "$image"
	says "how much is missing" '^console bank 1: .* 3200 missing'
	make_image wide --wide-gap
	is_sound "a stream with a gap of 4 GiB"
	test_streams "a stream with a gap of 4 GiB"
	make_image pad --bare --pad 12345
	is_sound "an image larger than the area"
	run "an image larger than the area" 0 list "$image"
	check "no streams, none listed" sh -c "! grep STREAM '$out'"
	run "no console" 1 show --console "$image"
	complains "no console: it says so" 'has no console stream'
	make_image empty --crashes 0 --appends 0
	is_sound "an empty area"
	run "an empty area" 1 show "$image"
	complains "an empty area: it says so" 'no crash records'
	run "an empty stream" 1 show --pmsg "$image"
	complains "an empty stream: it says so" 'nothing in the newest bank'
	silent "an empty stream"
}

test_golden()
{
	make_image golden --bare --slots 2 --slot-bytes 4096 --crashes 1 --parts 1
	check "the layout block's checksum is what it always was" \
		test "$(peek 508)" = "$GOLDEN_LAYOUT"
	check "and a record's" test "$(peek $(($(at 'slot 0') + 508)))" = \
		"$GOLDEN_RECORD"
}
GOLDEN_LAYOUT=d3dc0fd8
GOLDEN_RECORD=fd9c0eb3

# Layout blocks

test_layout()
{
	local last

	make_image layout
	good=$image
	last=$(at 'last layout')

	damage
	flip 40
	is_damaged "first layout block" 'the first layout block is invalid: a checksum'
	run "first layout block" 0 show "$image"
	same "first layout block: the last one is used" "$out" "$expect/crash-1"
	damage
	flip $((last + 40))
	is_damaged "last layout block" 'the last layout block is invalid: a checksum'
	damage
	flip 40
	flip $((last + 40))
	run "both layout blocks" 2 check "$image"
	complains "both layout blocks: what was found" 'not a pstore area .*checksum'
	silent "both layout blocks"
	damage
	wipe 0 4096
	is_cut_short "an area that was being made" 'the first layout block is invalid: blank'
	poke $((last + 32)) '\002'
	seal
	is_damaged "a first layout block that was wiped" 'the first layout block is invalid: blank'
	damage
	poke 0 'somebody else was here'
	run "somebody else" 2 list "$image"
	complains "somebody else: it says so" 'somebody else has used the beginning'
	silent "somebody else"
	damage
	poke $((last + 32)) '\002'
	seal
	is_cut_short "a change of layout" 'the layout blocks differ in their generation'
	run "a change of layout" 0 info "$image"
	says "the larger generation holds" '^generation  *2$'
	damage
	poke $((last + 16)) '\377'
	seal
	is_damaged "layout blocks of two areas" 'the layout blocks differ'
	damage
	poke $((last + 248)) '\001'
	seal
	is_damaged "layout blocks of one generation" 'the layout blocks differ'
	damage
	poke 1000 '\001'
	is_damaged "bytes behind the layout" 'the first layout block is invalid: a field'

	damage
	poke 8 '\002'
	seal
	for command in info list show check; do
		run "a newer version: $command" 2 "$command" "$image"
		complains "a newer version: $command says so" 'newer version of the format'
		silent "a newer version: $command"
	done
	damage
	poke $((last + 8)) '\002'
	seal
	run "a newer version in the last block alone" 2 info "$image"
	damage
	poke 8 '\002'
	run "a version that the checksum does not vouch for" 0 list "$image"
	damage
	wipe 0 4096
	poke $((last + 8)) '\002'
	seal
	run "a newer version in the last block" 2 info "$image"
	complains "a newer version in the last block: it says so" 'newer version'
}

# Crash records

test_records()
{
	local slot3

	make_image records --crashes 2 --parts 3
	good=$image
	slot3=$(at 'slot 3')

	damage
	flip $(($(at 'slot 5') + 600))
	is_cut_short "the last record of a boot is torn" 'slot 5: record 5: its payload does not match'
	run "a torn part" 1 show "$image"
	complains "a torn part: it says so" 'part 3 of the crash, record 5, is not shown'
	tail -c "$(stat -c %s "$out")" "$expect/crash-1" > "$work/rest"
	check "a torn part: there is a rest" test -s "$out"
	same "a torn part: the rest is shown" "$out" "$work/rest"
	damage
	flip $(($(at 'slot 2') + 600))
	is_cut_short "the same, and another boot has gone on" 'slot 2: record 2: its payload'
	damage
	flip $((slot3 + 600))
	is_damaged "a record that others of its boot follow" 'slot 3: record 3: its payload does not match'
	run "a torn record" 1 show --record 3 "$image"
	silent "a torn record"
	damage
	copy "$slot3" "$(at 'slot 4')" 8192
	poke $(($(at 'slot 4') + 40)) '\004'
	seal
	flip $((slot3 + 600))
	is_cut_short "a torn record that was written again" 'slot 3: record 3'
	damage
	copy "$(at 'slot 5')" "$(at 'slot 6')" 8192
	poke $(($(at 'slot 6') + 40)) '\006'
	seal
	run "a part that is there twice" 0 show "$image"
	same "a part that is there twice is shown once" "$out" "$expect/crash-1"
	flip $(($(at 'slot 6') + 600))
	run "one of two copies is torn" 0 show "$image"
	same "one of two copies is torn: the other one is shown" "$out" \
		"$expect/crash-1"
	damage
	flip $((slot3 + 100))
	is_damaged "a header's checksum" 'slot 3: its header has a checksum'
	run "a header's checksum: the rest is listed" 0 list "$image"
	check "five records" test "$(grep -c -E '^ +[0-9]' "$out")" = 5
	damage
	flip "$slot3"
	is_damaged "a header's magic" 'slot 3: its header has a damaged magic number'
	damage
	poke $((slot3 + 8)) '\002'
	seal
	is_damaged "a header's version" 'slot 3: its header has a newer version'
	damage
	poke $((slot3 + 48)) '\011'
	seal
	is_damaged "a state that there is none of" 'slot 3: its header has a field out of range'
	damage
	poke $((slot3 + 72)) '\377\377\377\377'
	seal
	is_damaged "a payload larger than a slot" 'slot 3: its header has a field out of range'
	damage
	poke $((slot3 + 40)) '\144'
	seal
	is_damaged "a record in another's slot" 'slot 3: record 100 belongs elsewhere'
	damage
	poke $((slot3 + 40)) '\013'
	seal
	is_cut_short "a number that skips others" 'slot 0: record 8 was not written (passed over)'
	damage
	wipe "$slot3" 4096
	is_cut_short "a record that was not written" 'slot 3: record 3 was not written (blank)'
	damage
	poke $((slot3 + 32)) '\007'
	seal
	is_cut_short "a record of an earlier layout" 'slot 3: record 3 was not written (stale)'
	damage
	wipe "$slot3" 512
	poke "$slot3" 'text of somebody'
	is_cut_short "something else in place of a record" 'slot 3: record 3 was not written (unused)'
	damage
	poke "$(at 'slot 7')" 'text of somebody'
	is_sound "something where no record was yet"
	damage
	poke $((slot3 + 516)) '\377\377\377\377\377\377\377\377'
	"$work/asan/mkimage" --seal-payloads "$image"
	is_damaged "a payload that does not inflate" 'slot 3: record 3: its payload does not inflate'
	run "a payload that does not inflate" 1 show --record 3 "$image"
	make_image bomb --bomb
	is_damaged "a payload that inflates to too much" 'slot 3: record 3: its payload inflates to more'
	run "a payload that inflates to too much" 1 show --record 3 "$image"
	check "not much of it is written" test "$(stat -c %s "$out")" -le 131072
	complains "it says so" 'inflates to more than 16 slots'
	good=$work/records.img
	damage
	poke $((slot3 + 112)) '\033[2Jred'
	seal
	run "an escape in a release" 0 list "$image"
	says "an escape in a release is not printed" ' ?\[2Jred'
	damage
	poke $((slot3 + 80)) '\377\377\377\377\377\377\377\177'
	seal
	run "a time that no calendar has" 0 list "$image"
	says "a time that no calendar has is a number" '@9223372036854775807'
	damage
	poke $((slot3 + 40)) '\377\377\377\377\377\377\377\377'
	seal
	run "the largest number of all" 1 check "$image"
}

# vmcoreinfo

test_notes()
{
	local seq note

	make_image notes --crashes 3 --parts 2 --note 1401
	good=$image
	is_sound "notes"
	run "notes" 0 list "$image"
	says "list: the build" 'b0121212  c0c1c2c3  6.12.0-test$'
	for seq in 0 2 4; do
		run "the vmcoreinfo of record $seq" 0 vmcoreinfo -r $seq "$image"
		same "the vmcoreinfo of record $seq: byte by byte" "$out" \
			"$expect/vmcoreinfo-$seq"
		run "the note of record $seq" 0 vmcoreinfo -e -r $seq "$image"
		same "the note of record $seq: byte by byte" "$out" \
			"$expect/note-$seq"
		run "record $seq, which has a note" 0 show -r $seq "$image"
		same "record $seq, which has a note: its text is its text" "$out" \
			"$expect/record-$seq"
	done
	run "the vmcoreinfo of the newest crash" 0 vmcoreinfo "$image"
	same "the vmcoreinfo of the newest crash is that" "$out" \
		"$expect/vmcoreinfo-4"
	run "the vmcoreinfo of a crash" 0 vmcoreinfo -c b0101010:1 "$image"
	same "the vmcoreinfo of a crash is that" "$out" "$expect/vmcoreinfo-0"
	run "the note of a part without" 1 vmcoreinfo -e -r 5 "$image"
	silent "the note of a part without"
	run "the vmcoreinfo of a part without" 1 vmcoreinfo -r 5 "$image"
	complains "a part without: it says so" 'the record has no vmcoreinfo; this is what its header says'
	says "a part without: the release" '^OSRELEASE=6.12.0-test$'
	says "a part without: the build" '^BUILD-ID=c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3$'
	says "a part without: the offset" '^KERNELOFFSET=ff002$'
	says "a part without: the time" '^CRASHTIME=1700007200$'
	run "a record that there is none of" 1 vmcoreinfo -r 9 "$image"

	damage
	note=$(($(at 'slot 4') + $(note_pos "$(at 'slot 4')")))
	flip $((note + 30))
	is_damaged "a torn note, and its boot has gone on" 'slot 4: record 4: its vmcoreinfo does not match its checksum'
	run "a torn note" 1 vmcoreinfo "$image"
	complains "a torn note: it says so" 'record 4: its vmcoreinfo does not match'
	says "a torn note: the header is there" '^KERNELOFFSET=ff002$'
	run "a record with a torn note" 0 show --record 4 "$image"
	same "a record with a torn note is shown" "$out" "$expect/record-4"
	damage
	poke $((note + 12)) 'CORE\0\0\0\0\0\0\0\0'
	"$work/asan/mkimage" --seal-payloads "$image"
	is_damaged "a note of another name" 'slot 4: record 4: its vmcoreinfo is not an ELF note of that name'
	damage
	poke $((note + 4)) '\377\377\377\377'
	"$work/asan/mkimage" --seal-payloads "$image"
	is_damaged "a note with too much text" 'slot 4: record 4: its vmcoreinfo is not an ELF note'
	damage
	poke $(($(at 'slot 4') + 200)) '\377\377\377\177'
	seal
	is_damaged "a note larger than a slot" 'slot 4: its header has a field out of range'
	make_image lastnote --crashes 2 --parts 1 --note 300
	note=$(($(at 'slot 1') + $(note_pos "$(at 'slot 1')")))
	flip $((note + 30))
	is_cut_short "the last note of all is torn" 'slot 1: record 1: its vmcoreinfo does not match'
}

# note_pos SLOT: where the note is in the slot at that place
note_pos()
{
	echo $(((512 + $(od -An -tu4 -j $(($1 + 72)) -N 4 "$image") + 3) / 4 * 4))
}

# A vmlinux of the crash's build, and a script that decodes each line in its way

test_symbols()
{
	local id=0xc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3
	local dir=$work/kernel-build

	mkdir -p "$dir/source/scripts"
	echo 'int main(void) { return 0; }' > "$dir/main.c"
	gcc -g -Wl,--build-id=$id -o "$dir/vmlinux" "$dir/main.c"
	gcc -Wl,--build-id=0x01 -o "$dir/other" "$dir/main.c"
	gcc -Wl,--build-id=none -o "$dir/none" "$dir/main.c"
	make_image symbols --crashes 2 --parts 2 --note 300
	run "no script" 2 show --symbols "$dir/vmlinux" "$image"
	complains "no script: it says so" 'neither scripts/decode_stacktrace.sh nor .* name it with --decoder'
	silent "no script"
	cat > "$dir/decode" <<-'END'
		[ "${1##*/}" = vmlinux ] || exit 9
		sed 's/^/decoded: /'
	END
	sed 's/^/decoded: /' "$expect/crash-1" > "$work/decoded"
	run "a script" 0 show -s "$dir/vmlinux" --decoder "$dir/decode" "$image"
	same "a script: all went through it" "$out" "$work/decoded"
	cp "$dir/decode" "$dir/source/scripts/decode_stacktrace.sh"
	run "a script beside vmlinux" 0 show --symbols "$dir/vmlinux" "$image"
	same "a script beside vmlinux: all went through it" "$out" "$work/decoded"
	run "one record" 0 show --symbols "$dir/vmlinux" -r 0 "$image"
	same "one record went through it" "$out" <(sed 's/^/decoded: /' "$expect/record-0")
	(cd "$dir" && "$zone" show --symbols vmlinux "$image") > "$out" 2> "$err" || true
	same "a script beside vmlinux in this folder" "$out" "$work/decoded"
	run "another build" 2 show --symbols "$dir/other" "$image"
	complains "another build: both ids" "of another build: its build id is 01000.*, and the crash was in ${id#0x}"
	silent "another build"
	run "a build without an id" 2 show --symbols "$dir/none" "$image"
	complains "a build without an id: it says so" 'not an ELF file with a build id'
	run "not an ELF file" 2 show --symbols "$dir/main.c" "$image"
	run "no file" 2 show --symbols "$dir/nothing" "$image"
	complains "no file: it says so" 'nothing: No such file'
	run "no such script" 2 show -s "$dir/vmlinux" --decoder "$dir/nothing" "$image"
	echo 'exit 3' > "$dir/decode"
	run "a script that fails" 2 show -s "$dir/vmlinux" --decoder "$dir/decode" "$image"
	complains "a script that fails: it says so" 'the script has failed'
	run "symbols for a stream" 2 show --console -s "$dir/vmlinux" "$image"
	run "a script for nothing" 2 show --decoder "$dir/decode" "$image"
	make_image unknown --crashes 1 --parts 1
	run "a crash that does not say its build" 0 show -s "$dir/vmlinux" "$image"
	complains "a crash that does not say its build: it says so" 'does not say which build'
	flip_elf
}

# Whatever a vmlinux has in its headers, it is refused or taken, and no more.
flip_elf()
{
	local at status clean=1

	for at in $(seq 4 8 800); do
		cp "$work/kernel-build/vmlinux" "$work/kernel-build/mangled"
		printf '\377\377\377\377' | dd of="$work/kernel-build/mangled" \
			bs=1 seek="$at" conv=notrunc status=none
		status=0
		"$zone" show -s "$work/kernel-build/mangled" --decoder /bin/true \
			"$image" > "$out" 2> "$err" || status=$?
		case $status in 0 | 2) ;; *) clean= ;; esac
	done
	check "mangled headers of a vmlinux" test "$clean"
}

# Somebody has put into a crash what the kernel's scripts would take for a command.
# forge FILE: an image with these lines at the beginning of a crash
forge()
{
	make_image forged --crashes 1 --parts 1
	# Behind the header and the title.
	dd if="$1" of="$image" bs=1 seek=$(($(at 'slot 0') + 512 + 13)) conv=notrunc status=none
	"$work/asan/mkimage" --seal-payloads "$image"
}

test_forged()
{
	local script=${DECODER:-../../scripts/decode_stacktrace.sh} dir=$work/kernel-build

	cat > "$work/sound" <<-'END'
		<4>[   10.000000]  do_one_initcall+0x12/0x34
		<4>[   10.000000]  main+0x1/0xb
		<4>[   10.000000]  ? (do_one+0x1/0x2 [mod])
		<4>[   10.000000] ip: do_one+0x1/0x2, sp: more+0x3
		<4>[12345.600000] CPU: 0 PID: 1 Comm: sh Not tainted 6.12.117+ #5
		<4>[   10.000000] Code: 00 <0f> 0b (e7f001f2)
		<6>[   10.000000] it's 5% of [all], that is: a & b
	END
	{
		cat "$work/sound"
		printf '%s\n' 'Code: Unable to access opcode bytes at 0x2a.' \
			'Code: 90;.incbin "/etc/passwd"' '* Code: 90' \
			'Code: Code: 90;.rept 9' \
			'x"||system("touch${IFS}'"$work"'/awk")||"+0x1/0x2' \
			'x+0x1/0x2 main+a[$(touch${IFS}'"$work"'/bash)]/0x2' \
			'[x] main+0x1a[`touch${IFS}'"$work"'/bash`]/0x2' \
			'x+0x1/0x2 main+0x1/0x2/3' 'x+0x1/0x2 main+'
		printf 'Co\0de: 90 ;\nCo\\\nde: 90 ;\n\33[31m\r\n'
	} > "$work/forged"
	forge "$work/forged"
	{
		cat "$work/sound"
		printf '%s\n' 'Code? Unable to access opcode bytes at 0x2a.' \
			"Code? 90;.incbin '/etc/passwd'" '* Code? 90' \
			'Code? Code? 90;.rept 9' \
			"x'||system('touch?{IFS}$work/awk')||'+0x1/0x2" \
			"x+0x1/0x2 main?a[?(touch?{IFS}$work/bash)]/0x2" \
			"[x] main?0x1a['touch?{IFS}$work/bash']/0x2" \
			'x+0x1/0x2 main?0x1/0x2/3' 'x+0x1/0x2 main?' \
			'Co?de: 90 ;' 'Co?' 'de: 90 ;' '?[31m?'
	} > "$work/defused"
	echo cat > "$dir/decode"
	run "a forged crash" 0 show -s "$dir/vmlinux" --decoder "$dir/decode" "$image"
	same "a forged crash: there is no command in it" \
		<(head -n "$(wc -l < "$work/defused")" "$out") "$work/defused"
	if [ -r "$script" ]; then
		run "a forged crash, with the kernel's script" 0 show -s "$dir/vmlinux" --decoder "$script" "$image"
		says "a forged crash: the script has decoded it" 'main (.*main.c:1)'
		check "a forged crash: nothing of it was run" test ! -e "$work/awk" -a ! -e "$work/bash"
	else
		skip "a forged crash, with the kernel's script: $script is not there; name it with DECODER"
	fi
}

test_last_line()
{
	local dir=$work/kernel-build

	echo 'while read -r line; do echo "$line"; [ "${line#*Code:}" = "$line" ] || (exit 1); done' > "$dir/decode"
	make_image last --crashes 1 --parts 1 --slot-bytes 4096
	# What there is of the last line; and code.
	head -c -1 "$expect/crash-0" > "$work/without-end"
	poke $(($(at 'slot 0') + 512 + $(wc -c < "$expect/record-0") - 1)) '!'
	"$work/asan/mkimage" --seal-payloads "$image"
	run "a last line without an end" 0 show -s "$dir/vmlinux" --decoder "$dir/decode" "$image"
	same "a last line without an end: it is there" "$out" <(cat "$work/without-end"; echo '!')
	poke $(($(at 'slot 0') + 512 + $(wc -c < "$expect/record-0") - 15)) '\nCode: 00 0f 0b'
	"$work/asan/mkimage" --seal-payloads "$image"
	run "code in the last line" 0 show -s "$dir/vmlinux" --decoder "$dir/decode" "$image"
	says "code in the last line: it is there" '^Code: 00 0f 0b$'
}

# Streams

test_heads()
{
	local head0 head1

	make_image heads --erase-bank
	good=$image
	head0=$(at 'console head 0')
	head1=$(at 'console head 1')

	run "an erased bank" 0 list "$image"
	check "an erased bank is not listed" sh -c "! grep -q older '$out'"
	run "an erased bank, --all" 0 list --all "$image"
	says "an erased bank is listed with --all" '^console  older .* erased '
	run "show an erased bank" 1 show --console --bank older "$image"
	complains "show an erased bank: it says so" 'is not shown: erased'
	damage
	flip $((head1 + 50))
	is_damaged "a head's checksum" 'console bank 1: head: a checksum'
	damage
	flip "$head1"
	is_damaged "a head's magic" 'console bank 1: head: a damaged magic'
	damage
	wipe "$head1" 512
	is_sound "a bank without a head"
	run "a bank without a head" 1 show --console --bank older "$image"
	damage
	poke $((head1 + 40)) '\007'
	seal
	is_damaged "two heads with one number" 'console: the heads of both banks have number 7'
	damage
	poke $((head1 + 52)) '\007'
	seal
	is_damaged "a head of another stream" 'console bank 1: head: empty (head of another'
	damage
	poke $((head0 + 40)) '\011'
	poke $((head0 + 48)) '\001'
	seal
	run "the first bank is the newest one" 0 info "$image"
	says "the first bank is the newest one: info" '^  bank 0 .*newest'
	says "and the second one is older" '^  bank 1 .*older'
	damage
	copy "$head1" "$(at 'slot 7')" 512
	is_sound "a head where a slot is"
	run "a head where a slot is" 0 info "$image"
	says "a head where a slot is: it does not count as a record" '^  stream head  *1$'
	copy "$head0" "$(at 'slot 2')" 512
	is_cut_short "a head in place of a record" 'slot 2: record 2 was not written (stream head)'
}

# block STATE: the first one of the newest console bank that is in that state
block()
{
	"$zone" check -v "$good" | sed -n \
		"s/^console bank 1: block \([0-9]*\): $1\$/\1/p" | head -n 1
}

# lacks_one_piece FILE WHOLE: but for that piece, they are the same
lacks_one_piece()
{
	local size prefix

	size=$(stat -c %s "$1")
	prefix=$(cmp "$1" "$2" | sed 's/.*byte \([0-9]*\),.*/\1/')
	cmp <(tail -c $((size - prefix + 1)) "$1") \
	    <(tail -c $((size - prefix + 1)) "$2")
}

test_blocks()
{
	local pos first last

	make_image blocks --cut --appends 14
	good=$image
	is_cut_short "an append that is not whole" 'console bank 1: incomplete appends: 1'
	test_streams "an append that is not whole"
	first=$(at "console block 1 $(block shown)")
	damage
	flip $((first + 70))
	is_damaged "a block that is shown" 'console bank 1: block .*checksum.*lost'
	run "a block that is shown" 0 show --console "$image"
	check "the bytes of other blocks are shown" test "$(stat -c %s "$out")" \
		-gt 100
	check "and they are right" lacks_one_piece "$out" \
		"$expect/console-newest"
	damage
	flip "$first"
	is_damaged "a block's magic" 'console bank 1: block .* damaged magic'
	damage
	poke $((first + 8)) '\377\377'
	seal
	is_damaged "a block with too many bytes" 'console bank 1: block .* field out of range'
	damage
	flip $(($(at "console block 1 $(block replaced)") + 70))
	is_cut_short "a block that was replaced" 'console bank 1: block .*nothing is lost'
	test_streams "a block that was replaced"
	damage
	pos=$(at "console block 1 $(block 'of an incomplete append')")
	flip $((pos + 70))
	is_cut_short "a block under way" 'console bank 1: block .*nothing is lost'
	test_streams "a block under way"
	damage
	poke $((first + 24)) '\001'
	flip $((first + 70))
	run "a torn block of another stream" 0 check "$image"
	says "a torn block of another stream is left from before" \
		'block [0-9]*: not of this stream'
	damage
	flip $((first + 48))
	run "a torn block of another boot" 0 check "$image"
	says "a torn block of another boot does not matter" \
		'block [0-9]*: not of this stream'
	damage
	last=$(sed -n 's/^console block 1 \([0-9]*\) .*/\1/p' "$map" | tail -n 1)
	flip $(($(at "console block 1 $last") + 3))
	run "a stray byte" 0 check "$image"
	says "a stray byte does not matter" "^console bank 1: block $last: not of this"
}

test_ring_blocks()
{
	make_image oldest --appends 300 --large 2000
	good=$image
	damage
	flip $(($(at "console block 1 $(block replaced)") + 70))
	is_cut_short "a block that the ring is about to drop" 'console bank 1: block'
	test_streams "a block that the ring is about to drop"
}

# Flash

# make_flash NAME FLASH OPTION...: the same area in $plain and, on flash, in $image
make_flash()
{
	local name=$1 flash=$2

	shift 2
	# shellcheck disable=SC2086  # $flash has options
	make_image "$name" --flash $flash "$@"
	plain=$work/plain.img
	"$work/asan/mkimage" "$@" "$plain"
}

# What is found in the area of an image, without what is said of the flash
contents()
{
	local command

	for command in "list --all" show "show --record 2" "show --console" \
		       "show --pmsg --bank older" check info; do
		# shellcheck disable=SC2086  # $command has options
		"$zone" $command "$1" 2>&1
	done | sed -e '/eraseblock/d' -e "/^${1//\//.}: /d" -e "s|$1|IMAGE|" \
		-e '/^size /,/^first layout/d' || true
}

same_contents()
{
	contents "$plain" > "$work/want" 2>&1
	contents "$image" > "$work/have" 2>&1
	check "$1: there are records" grep -q ' panic ' "$work/want"
	same "$1: all is read as from a disk" "$work/have" "$work/want"
}

test_flash_geometry()
{
	local flash sum

	for flash in 768 1024 4096 16384:1024 65536 131072:2048; do
		make_flash flash "$flash" --parts 2 --slots 5
		is_sound "flash of $flash"
		same_contents "flash of $flash"
		run "flash of $flash: info" 0 info "$image"
		says "flash of $flash: how it is divided" "^  eraseblocks  [0-9]* of ${flash%:*} bytes, written in units of \($flash\|64\|${flash#*:}\)$"
		says "flash of $flash: its blocks" '^  in use  *[1-9][0-9]*$'
		says "flash of $flash: a free one" '^  free  *1$'
		says "flash of $flash: erases" '^  erased  *[12] to [1-4] times$'
		says "flash of $flash: extents" '^  extents  *[1-9][0-9]* valid, 0 cut short, 0 out of order$'
	done
	make_flash flash-ring 4096 --bare --crashes 5 --parts 3 --erase 12
	is_sound "flash with a ring that has wrapped"
	same_contents "flash with a ring that has wrapped"
	sum=$(sha256sum < "$image")
	contents "$image" > "$work/have"
	check "flash is as it was" test "$sum" = "$(sha256sum < "$image")"
	head -c 20000 /dev/zero | tr '\0' '\377' >> "$image"
	is_sound "a partition larger than the flash was"
	same_contents "a partition larger than the flash was"
}

test_flash_cut()
{
	local last odd

	for last in cut head unit; do
		make_flash "flash-$last" "4096 --last $last"
		is_cut_short "flash, the last extent is not whole ($last)" 'eraseblock .* not finished'
		same_contents "flash, the last extent is not whole ($last)"
	done
	make_flash flash-cut "4096 --last cut"
	run "an extent that is not whole" 0 info "$image"
	says "an extent that is not whole is told" 'valid, 1 cut short'
	for odd in bad torn; do
		make_flash "flash-$odd" "4096 --odd 0:$odd"
		is_cut_short "flash, the first block is $odd" 'eraseblock 0: no header'
		same_contents "flash, the first block is $odd"
		run "flash, the first block is $odd" 0 info "$image"
		says "flash, the first block is $odd: it is told" '^  no header  *1$'
	done
	make_flash flash-blank "4096 --odd 0:blank"
	is_sound "flash, the first block is blank"
	same_contents "flash, the first block is blank"
	for odd in 0 3; do
		make_flash flash-other "4096 --odd $odd:other"
		is_damaged "flash, block $odd is of another area" "eraseblock $odd: belongs to another area"
		complains "flash, block $odd is of another area: it says so" 'belong to another area and are not read: 1'
		same_contents "flash, block $odd is of another area"
		run "flash, block $odd is of another area" 0 info "$image"
		says "flash, block $odd is of another area: info" '^  other area  *1$'
	done
}

test_flash_damage()
{
	local slot2 block

	make_flash flash-good 16384
	good=$image
	"$work/asan/mkimage" --map "$work/plain.map" "$work/flash-plain.img"
	slot2=$(($(sed -n 's/^slot 2 //p' "$work/plain.map") / 512 + 1))

	damage
	seal
	same "the flash has the checksums that it needs" "$image" "$good"
	damage
	flip $(($(at "granule $slot2") + 100))
	is_damaged "a payload that counts" 'eraseblock .* payload that does not match'
	says "and so is its record" 'slot 2: record 2: its payload'
	damage
	flip "$(at dead)"
	is_sound "a payload that does not count any more"
	same_contents "a payload that does not count any more"
	damage
	flip $(($(at "extent of $slot2") + 8))
	is_damaged "an extent's header" 'eraseblock .*the header of the extent before .* is lost'
	run "an extent's header: the rest is there" 0 show "$image"
	same "an extent's header: the newest crash" "$out" "$expect/crash-1"
	damage
	flip $(($(at "extent of $slot2") + 32))
	is_damaged "the number of a granule" 'eraseblock .*the header of the extent before .* is lost'
	block=$(($(at "granule $slot2") / 16384))
	damage
	flip "$(at "block $block")"
	is_damaged "a block's magic" "eraseblock $block: its header is lost"
	same_contents "a block's magic"
	damage
	for block in $(sed -n 's/^block \([0-9]*\) .*/\1/p' "$map"); do
		[ "$block" = 5 ] || flip $((block * 16384 + 20))
	done
	run "all block headers but one" 1 check "$image"
	same_contents "all block headers but one"
	damage
	flip $((5 * 16384))
	for block in $(sed -n 's/^block \([0-9]*\) .*/\1/p' "$map"); do
		flip $((block * 16384 + 20))
	done
	run "all block headers" 2 check "$image"
	silent "all block headers"
	damage
	poke $(($(at "extent of $slot2") + 8)) '\001\000'
	seal
	is_damaged "an extent that is older than one before it" 'eraseblock .* is out of order'
	make_flash flash-single 768
	good=$image
	damage
	flip $(($(at "extent of $slot2") + 8))
	is_damaged "the only extent of a block" 'eraseblock .*the header of the extent before .* is lost'
}

test_flash_refused()
{
	local command pos

	make_flash flash-good 16384
	good=$image
	for pos in 0 $((16384 * 7)); do
		damage
		poke $((pos + 8)) '\002'
		seal
		for command in info list show check; do
			run "flash of a newer version at $pos: $command" 2 "$command" "$image"
			complains "flash of a newer version at $pos: $command says so" 'flash in a newer version .* newer pstore-zone'
			silent "flash of a newer version at $pos: $command"
		done
	done
	damage
	truncate -s -16384 "$image"
	for command in info list show check; do
		run "flash that was cut off: $command" 2 "$command" "$image"
		complains "flash that was cut off: $command says so" 'was cut off: .* bad blocks included'
		silent "flash that was cut off: $command"
	done
	damage
	wipe 0 "$(stat -c %s "$image")"
	run "flash that was wiped" 2 info "$image"
	complains "flash that was wiped: what to do" 'mtdoops.mtddev= names, or a copy'
}

# What is not an area

test_no_area()
{
	local name

	make_image whole
	head -c "$(($(stat -c %s "$image") / 2))" "$image" > "$work/half"
	head -c 5000 "$image" > "$work/little"
	: > "$work/nothing"
	head -c 100000 /dev/zero > "$work/zeros"
	head -c 100000 /dev/zero | tr '\0' '\377' > "$work/ones"
	head -c 100000 /dev/urandom > "$work/random"
	mkfifo "$work/fifo"
	for name in "$work"/{half,little,nothing,zeros,ones,random,fifo,missing} \
		    "$work" /dev/zero; do
		for command in info list show check; do
			run "$command $(basename "$name")" 2 "$command" "$name"
			silent "$command $(basename "$name")"
			check "$command $(basename "$name"): one line says why" \
				test "$(wc -l < "$err")" = 1
		done
	done
	run "a truncated image" 2 info "$work/half"
	complains "a truncated image: it says so" 'was cut off: it has'
	run "a missing file" 2 info "$work/missing"
	complains "a missing file: it says so" 'No such file'
	run "a directory" 2 info "$work"
	complains "a directory: it says so" 'a directory'
	run "a character device" 2 info /dev/zero
	complains "a character device: it says so" 'a character device; .* flash such as /dev/mtd0'
}

# Usage

test_usage()
{
	local arguments command image=$work/sound.img

	while read -r -a arguments; do
		run "usage: ${arguments[*]-nothing}" 2 "${arguments[@]}"
		silent "usage: ${arguments[*]-nothing}"
		complains "usage: ${arguments[*]-nothing}: it is told" '^usage: '
	done <<-END

		bogus $image
		info
		list $image $image
		check --bogus $image
		check -x $image
		info --all $image
		show --record
		show --record x $image
		show --record -1 $image
		show --record 99999999999999999999 $image
		show --crash b0 $image
		show --crash :1 $image
		show --crash b0:x $image
		show --crash b0:4294967296 $image
		show --crash 00112233445566778899aabbccddeeff0:1 $image
		show --bank older $image
		show --console --bank oldest $image
		show --console --pmsg $image
		show --record 1 --crash b0:1 $image
	END
	run "help" 0 --help
	says "help: commands" '^  check '
	says "help: exit status" '^Exit status: 0'
	for command in info list show check; do
		run "help on $command" 0 "$command" --help
		says "help on $command: usage" "^usage: pstore-zone $command "
		says "help on $command: exit status" '^Exit status: 0'
		says "help on $command: an example" "^example: pstore-zone $command"
	done
	run "options behind the image" 0 show "$image" --record 1
	same "options behind the image count" "$out" "$work/sound.expect/record-1"
	if [ -c /dev/full ]; then
		check "output that cannot be written: exit status 2" sh -c \
			"'$zone' list '$image' > /dev/full 2> '$err'; test \$? = 2"
		complains "output that cannot be written: it says so" 'could not be written'
	else
		skip "output that cannot be written: no /dev/full"
	fi
}

# Errors of the disk, made by a library that is loaded before libc

make_bad_disk()
{
	cat > "$work/bad.c" <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdlib.h>
		#include <sys/types.h>

		ssize_t pread64(int fd, void *buf, size_t len, off64_t pos);
		ssize_t pread(int fd, void *buf, size_t len, off_t pos)
			__attribute__((alias("pread64")));

		ssize_t pread64(int fd, void *buf, size_t len, off64_t pos)
		{
			ssize_t (*real)(int, void *, size_t, off64_t) =
				(ssize_t (*)(int, void *, size_t, off64_t))
				(dlsym(RTLD_NEXT, "pread64") ?:
				 dlsym(RTLD_NEXT, "pread"));
			off64_t bad = atoll(getenv("BAD"));

			if (pos <= bad && bad < pos + (off64_t)len) {
				errno = EIO;
				return -1;
			}
			/* Short reads are none of the reader's faults. */
			return real(fd, buf, len > 3000 ? 3000 : len, pos);
		}
	END
	gcc -shared -fPIC -o "$work/bad.so" "$work/bad.c" 2> /dev/null
}

# on_bad_disk NAME STATUS POSITION ARGUMENT...
on_bad_disk()
{
	local name=$1 want=$2 status=0

	BAD=$3
	shift 3
	BAD=$BAD LD_PRELOAD=$work/bad.so "$work/plain/pstore-zone" "$@" \
		> "$out" 2> "$err" || status=$?
	check "$name: exit status $want" test "$status" = "$want"
}

test_bad_disk()
{
	make_image bad
	if ! make_bad_disk; then
		skip "errors of the disk: cannot build the library that makes them"
		return
	fi
	on_bad_disk "a disk without errors" 0 -1 check "$image"
	says "a disk without errors is sound" ': sound$'
	on_bad_disk "a bad slot: list" 1 $(($(at 'slot 3') + 100)) list "$image"
	complains "a bad slot is told" "512 bytes at $(at 'slot 3') cannot be read"
	check "a bad slot costs no other" test \
		"$(grep -c -E '^ +[0-9]' "$out")" = 5
	on_bad_disk "a bad slot: check" 1 $(($(at 'slot 3') + 100)) check "$image"
	says "a bad slot is damage" '^damaged: slot 3: it cannot be read'
	on_bad_disk "a bad payload: check" 1 $(($(at 'slot 3') + 600)) check "$image"
	says "a bad payload is damage" '^damaged: slot 3: record 3: it cannot be read'
	on_bad_disk "a bad payload: list" 0 $(($(at 'slot 3') + 600)) list "$image"
	on_bad_disk "a bad payload: show" 1 $(($(at 'slot 3') + 600)) show "$image"
	complains "a bad payload: show says so" 'part 1 of the crash, record 3, is not shown'
	on_bad_disk "a bad block: check" 1 $(($(at 'pmsg block 1 1') + 5)) check "$image"
	says "a bad block is damage" '^damaged: pmsg bank 1: block 1: it cannot'
	on_bad_disk "a bad block of another stream" 0 \
		$(($(at 'pmsg block 1 1') + 5)) show --console "$image"
	same "a bad block costs no other stream" "$out" "$expect/console-newest"
	on_bad_disk "a bad head" 1 "$(at 'pmsg head 0')" check "$image"
	says "a bad head is damage" '^damaged: pmsg bank 0: head: unreadable'
	on_bad_disk "a bad first layout block" 1 10 show "$image"
	same "a bad first layout block: the last one is used" "$out" \
		"$expect/crash-1"
	make_flash flash-eio 16384
	on_bad_disk "a bad eraseblock" 0 5 info "$image"
	says "a bad eraseblock is told" '^  bad  *1$'
	on_bad_disk "a bad place in an eraseblock" 1 "$(at 'granule 0')" check "$image"
	says "a bad place in an eraseblock is damage" '^damaged: eraseblock .*cannot be read'
	make_image bad
	on_bad_disk "a bad last layout block" 1 \
		$(($(at 'last layout') + 10)) check "$image"
	says "a bad last layout block is damage" '^damaged: the last layout block'
}

# An area of half a terabyte, with slots of 16 MiB, in 100 MB of memory

test_large()
{
	local command

	make_image large --sparse --slots 32768 --slot-bytes 16777216 \
		--stream 16777216
	for command in info list check; do
		check "an area of 512 GiB: $command" sh -c "ulimit -v 200000
			exec timeout 60 '$work/plain/pstore-zone' $command '$image'"
	done
	check "it is that large" test "$(stat -c %s "$image")" -gt 549755813888
}

# A disk

test_disk()
{
	make_image disk
	if [ "$(id -u)" != 0 ] || ! command -v losetup > /dev/null ||
	   ! loop=$(losetup -f --show -r "$image" 2> /dev/null); then
		loop=
		skip "a disk: no loop device"
		return
	fi
	run "a disk" 0 show "$loop"
	same "a disk: the newest crash" "$out" "$expect/crash-1"
	run "a disk" 0 info "$loop"
	says "a disk: its size" "image $(stat -c %s "$image") bytes"
}

# The fuzzer's target

test_fuzz_target()
{
	./make-seeds.sh "$work/asan/mkimage" "$work/seeds"
	check "the fuzzer's target runs on each seed" timeout 300 \
		"$work/asan/pstore-fuzz-main" "$work"/seeds/*
	check "and on each image of these tests" timeout 300 \
		"$work/asan/pstore-fuzz-main" "$work"/[a-k]*.img
}

build_all
test_make
test_sound
test_geometry
test_golden
test_layout
test_records
test_notes
test_symbols
test_forged
test_last_line
test_heads
test_blocks
test_ring_blocks
test_flash_geometry
test_flash_cut
test_flash_damage
test_flash_refused
test_no_area
test_usage
test_bad_disk
test_large
test_disk
test_fuzz_target

echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" = 0
