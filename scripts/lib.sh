# shellcheck shell=bash
# Shared by the scripts in this folder: paths, messages, architectures.
# Source it; it runs nothing.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
pin=$top/kernel-pin queue=$top/patches series=$top/series
# The same queue on a newer kernel, in a folder of its own: see next/README.md.
case ${TARGET:-} in
'') ;;
next) build=$build/next pin=$top/next/kernel-pin queue=$build/queue series=$build/queue/series ;;
*) echo "TARGET=$TARGET is not known: use next, or leave it out" >&2; exit 1 ;;
esac
# shellcheck disable=SC2034  # used by the scripts that source this file
pristine=$build/linux tree=$build/tree
# shellcheck source=kernel-pin
. "$pin"

# Messages carry the seconds since the outermost script began.
export T0=${T0:-$(date +%s)}
say() { printf '[%4ds] %s\n' $(($(date +%s) - T0)) "$*"; }
warn() { printf '[%4ds] %s\n' $(($(date +%s) - T0)) "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Print the comment block at the head of the calling script, and leave.
usage() { sed -n '2,/^[^#]/{/^#/!q;s/^# \{0,1\}//;p}' "$0"; exit "${1:-0}"; }

arch_vars() {
	case $1 in
	x86_64) cross='' image=bzImage image_path=arch/x86/boot/bzImage ;;
	arm64) cross=aarch64-linux-gnu- image=Image image_path=arch/arm64/boot/Image ;;
	*) die "architecture '$1' is not known: use x86_64 or arm64" ;;
	esac
}

# config_of ARCH [VARIANT]: the fragments of a test kernel's configuration.
config_of() {
	cat "$top"/configs/{common,"$1"}.config
	[ "${2:-}" != debug ] || cat "$top/configs/modular.config"
	[ -z "${2:-}" ] || cat "$top/configs/$2.config"
}

jobs() { nproc; }

# copy_compiled FROM TO: a tree or a folder of objects, which make then goes on from. What
# objtool is made of has absolute paths in its commands; with other paths it would be made
# anew, and so would all that it checks. TO is there once it is whole.
copy_compiled() {
	rm -rf "$2.new"
	cp -a --reflink=auto "$1" "$2.new" &&
		find "$2.new" -path '*/tools/objtool/*' -name '.*.cmd' -exec sed -i "s,$1/,$2/,g" {} + &&
		mv "$2.new" "$2"
}

# Run a long command with its output in a log; show a line of progress every
# ten seconds, and the end of the log if it fails.
quietly() {
	local log=$1 pid watcher rc=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" > "$log" 2>&1 < /dev/null &
	pid=$!
	show_progress "$log" "$pid" &
	watcher=$!
	wait "$pid" || rc=$?
	kill "$watcher" 2> /dev/null || true
	wait "$watcher" 2> /dev/null || true
	((rc == 0)) || { tail -n 30 "$log" >&2; warn "failed ($rc): $* (log: $log)"; }
	return "$rc"
}
# As long as that process is there. It waits for what never comes, which takes no process
# of its own, so that none is left when it is killed.
show_progress() {
	local never
	exec {never}<> <(:)
	while ! read -rt 10 -u "$never" && kill -0 "$2" 2> /dev/null; do
		say "  ... $(tail -n 1 "$1" | cut -c1-70)"
	done
}

# One at a time changes the tree: two at once would leave patches empty. Whoever has the
# lock keeps it until it ends, and lets the scripts that it calls in.
lock_tree() {
	[ "${TREE_LOCKED:-}" != "$tree" ] || return 0
	mkdir -p "$build"
	exec 9> "$build/tree.lock"
	flock -n 9 || { say "waiting for another script that changes $tree"; flock 9; }
	export TREE_LOCKED=$tree
}

# have_command COMMAND PACKAGE: what not everybody needs is installed by who runs it.
have_command() {
	command -v "$1" > /dev/null && return 0
	[ -f /etc/debian_version ] && [ "$(id -u)" -eq 0 ] || return 1
	say "installing $2"
	quietly "$build/log/apt-$2.log" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2"
}
