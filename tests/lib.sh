# shellcheck shell=bash
# For the scenarios in this folder: each sources this file and describes disks,
# boots and what must be true afterwards. Run them with run-qemu.sh.
#
#   disk NAME SIZE      make a blank image; $NAME.img in the work folder
#   guest <<'END'       shell code for the next boot; see tests/guest/init
#   boot [options]      boot once; sets $log. Options as for scripts/run-guest,
#                       and --crash: the guest must end in a panic, or --dead:
#                       it may end without a word; else it must run to its end.
#                       It must come to its scenario in any case
#   ok WHAT COMMAND...  a check: counts, and says whether it held
#   skip WHAT WHY       a check that cannot be made here
#   build_reader        the offline reader, as $reader
#   sound NAME          it finds no damage in that image
#   lives WHAT [SYMBOL] a crash, and what the next boot finds of it; see below
#
# In the environment, KERNEL=FILE boots that kernel instead, and SMP=N with N CPUs
# where the scenario does not say how many.
# Set before boot: disks (in order), append, bus (pci or mmio for virtio-blk,
# nvme or sd), and blkdebug, a file that tells QEMU which requests fail.

set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
. "$top/scripts/tally.sh"
tests=$top/tests
arch=${ARCH:-x86_64}
name=$(basename "$0")
work=$build/tests/$arch-$name
disks=(vda) append='pstore_blk.blkdev=/dev/vda' bus=pci kernel=${KERNEL:-} smp=${SMP:-2} memory=256 extra=() files=() device_options='' blkdebug=''
boots=0
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 1
arch_vars "$arch"
[ -z "${BASE:-}" ] || kernel=$build/base-$arch/$image

disk() { rm -f "$1.img"; truncate -s "$2" "$1.img"; }
guest() { cat > scenario; }

boot() {
	local rc=0 dead='' crash='' args=() device='' n before=$failed
	boots=$((boots + 1))
	log=$work/boot-$boots.log
	while [ $# -gt 0 ]; do
		case $1 in
		--dead) dead=1 ;;
		--crash) crash=1 dead=1 ;;
		*) args+=("$1") ;;
		esac
		shift
	done
	[ -z "$kernel" ] || args+=(--kernel "$kernel")
	local drives=()
	for n in "${disks[@]}"; do
		case $bus in
		pci) device=virtio-blk-pci ;;
		mmio) device=virtio-blk-device ;;
		nvme) device=nvme,serial=$n ;;
		sd) drives+=(-device sdhci-pci) device=sd-card ;;
		esac
		drives+=(-drive "if=none,id=$n,format=raw,file=${blkdebug:+blkdebug:$blkdebug:}$work/$n.img" -device "$device,drive=$n$device_options")
	done
	"$top/scripts/make-initramfs" "$arch" scenario initrd ${files[@]+"${files[@]}"}
	start() {
		rc=0
		"$top/scripts/run-guest" --initrd initrd --log "$log" --append "$append" --smp "$smp" --memory "$memory" \
			${args[@]+"${args[@]}"} "$arch" -- "${drives[@]}" ${extra[@]+"${extra[@]}"} || rc=$?
	}
	start
	if died_early "$rc"; then
		say "  boot $boots died before any driver began, and is tried once more ($log.early)"
		complaints
		cp "$log" "$log.early"
		start
	fi
	# The guest's own checks count too.
	local line
	while read -r line; do
		case $line in
		*'guest: pass: '*) passed=$((passed + 1)); say "  pass: ${line#*guest: pass: }" ;;
		*'guest: FAIL: '*) failed=$((failed + 1)); say "  FAIL: ${line#*guest: FAIL: }" ;;
		esac
	done < <(tr -d '\r' < "$log" | grep -a 'guest: \(pass\|FAIL\): ' || true)
	case $rc in
	0)
		if [ -n "$crash" ]; then
			logged 'Kernel panic - not syncing' || ok "boot $boots ends in a panic ($log)" false
		elif [ -z "$dead" ]; then
			logged 'guest: done' || ok "boot $boots runs to its end ($log)" false
		fi
		;;
	124) ok "boot $boots ends in time ($log)" false ;;
	126) [ -n "$dead" ] || ok "boot $boots is not killed ($log)" false ;;
	125) ok "boot $boots reaches userspace ($log)" false ;;
	*) ok "boot $boots: QEMU runs (code $rc, $log)" false ;;
	esac
	((failed == before)) || explain
	return 0
}

# Rarely, the emulator kills a kernel that still sets up the machine, or itself: with
# several CPUs, QEMU 7.2 seems to take a write to one device for one to another while PCI's
# addresses change, and ends with a failed assertion (134). Nothing of what is tested
# has run by then: drivers come after the clocks.
died_early() { [[ $1 = 125 || $1 = 134 ]] && not_logged 'Switched to clocksource'; }

# What somebody wants to know of a boot that went wrong.
complaints() { grep -aEm 3 'Kernel panic|BUG|Oops|WARNING' "$log" | sed 's/^/    /'; }
explain() {
	complaints
	say "  boot $boots was: $(< "$log.command")"
}

# Build the offline reader; sets $reader.
build_reader() {
	reader=$build/reader-$arch/pstore-zone
	make -s -C "$top/tools-pstore" O="$build/reader-$arch" > reader.log 2>&1 || ok "the offline reader builds ($work/reader.log)" false
}

# Does the reader find NAME.img sound? What was cut short is, too: a crash leaves that
# behind, and so does a boot that ends while it writes its first lines over the oldest ones.
sound() { "$reader" check "$1.img" > "$1.check" || { grep -a '^damaged' "$1.check" | head -n 3 | sed 's/^/    /' && false; }; }

# Give QEMU's monitor a command, as tests/tools/qmp takes it, as soon as the guest of
# the next boot says that it is ready, which it has four minutes for. That boot needs
# --qmp "$work/qmp".
ask_monitor() {
	local i
	for ((i = 0; i < 2400; i++)); do
		! grep -aqs 'guest: ready' "$work/boot-$((boots + 1)).log" || break
		sleep 0.1
	done
	"$tests/tools/qmp" "$work/qmp" "$@" > qmp.log 2>&1
}

# lives WHAT [SYMBOL]: crash the guest with the scenario on standard input, in that
# function if one is named, and find the panic in the next boot. The area is blank
# before, and as large as $size says.
lives() {
	local panic="${2:+crashme: in $2,}"
	disk vda "${size:-64M}"
	guest
	boot --crash
	[ -z "$panic" ] || ok "the kernel dies there ($1)" logged "not syncing: $panic"
	guest <<END
wait_for attached || fail "the area is attached"
cat /sys/fs/pstore/dmesg-* > /tmp/all
check "the panic is saved ($1)" grep -q 'Kernel panic - not syncing: $panic' /tmp/all
check "with its beginning ($1)" grep -q 'Linux version' /tmp/all
END
	boot
	ok "no panic of its own ($1)" not_logged 'Kernel panic'
	ok "and no warning ($1)" not_logged ' WARNING: '
}

logged() { grep -aq -- "$1" "$log"; }
not_logged() { ! logged "$1"; }

finish() {
	((failed == 0)) || say "  consoles, commands and images: $work"
	tally_end "$arch $name" || exit 1
	exit 0
}
trap finish EXIT
