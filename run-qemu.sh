#!/usr/bin/env bash
# Build a kernel with the series, crash it in QEMU, boot it again, and show the
# log that the dead kernel has left on its disk.
#
# Usage: ./run-qemu.sh [options] [x86_64|arm64] [SCENARIO...]
#   --list    the scenarios, one a line, and what each shows
#   --base    use the kernel without the series, to see what it does
#   --no-build  use the kernel as it was built last
#   --help    this text
# Without a scenario it runs "panic" and prints the saved log. Sets up all that
# it needs, on Debian, as root. LINUX_SRC=/path uses a kernel tree of yours.
# Exit: 0 passed, 1 failed, 2 wrong usage.
set -euo pipefail
top=$(cd "$(dirname "$0")" && pwd)
. "$top/scripts/lib.sh"

list() {
	local file
	for file in "$top"/tests/*; do
		[ -f "$file" ] && [ -x "$file" ] || continue
		printf '%-20s %s\n' "$(basename "$file")" "$(sed -n '2s/^# //p' "$file")"
	done
}

arch=x86_64 build_it=1 base='' scenarios=()
for arg in "$@"; do
	case $arg in
	--help) usage ;;
	--list) list; exit 0 ;;
	--base) base=1 ;;
	--no-build) build_it='' ;;
	x86_64 | arm64) arch=$arg ;;
	-*) usage 2 >&2 ;;
	*)
		[ -x "$top/tests/$arg" ] || { echo "no scenario '$arg'; these exist:" >&2; list >&2; exit 2; }
		scenarios+=("$arg")
		;;
	esac
done

if [ -n "$build_it" ]; then
	"$top/scripts/setup"
	"$top/scripts/build-kernel" ${base:+--base} "$arch"
fi
show=
((${#scenarios[@]})) || { scenarios=(panic); show=1; }
rc=0
for scenario in "${scenarios[@]}"; do
	say "scenario $scenario on $arch${base:+ without the series}"
	ARCH=$arch BASE=$base "$top/tests/$scenario" || rc=1
done
if [ -n "$show" ] && ((rc == 0)); then
	log=$build/tests/$arch-panic/saved.log
	echo
	echo "The last words of the kernel that died, from /sys/fs/pstore of the next boot"
	echo "($(wc -l < "$log") lines, whole in $log):"
	echo
	head -n 3 "$log"
	echo "..."
	grep -B 2 -A 14 'Kernel panic - not syncing' "$log"
	echo "..."
fi
exit $rc
