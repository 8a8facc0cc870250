# shellcheck shell=bash
# Debian's own programs in the guest, on a disk with an ext4 file system, which survives
# crashes. Source it after lib.sh, and list PACKAGES that they come from before.
#
#   debian_disk NAME SIZE FILE...   make $NAME.img with these files of the packages, and the
#                                   libraries that they need; what is in $NAME.d goes there, too
#   $in_debian                      for guests: mounts the disk ($programs, or vdb); "in_debian COMMAND" runs
#                                   a command there
#   from_guide WORDS                the literal block of the guide after the line with these words

debian_disk() {
	local image=$work/$1.img size=$2 root=$work/$1.d
	shift 2
	debs=$("$top/scripts/fetch-debs" "$arch" "${PACKAGES[@]}") ||
		{ ok "Debian's packages are there: ${PACKAGES[*]}" false; return; }
	mkdir -p "$root"/{dev,proc,sys,run,tmp,etc,root,usr/bin,usr/sbin,usr/lib,usr/lib64,usr/local/sbin,var/lib/systemd/pstore,var/log/journal}
	ln -sfn usr/bin "$root/bin"
	ln -sfn usr/sbin "$root/sbin"
	ln -sfn usr/lib "$root/lib"
	ln -sfn usr/lib64 "$root/lib64"
	debian_add "$root" "$@"
	rm -f "$image"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -m 0 -d "$root" "$image" "$size" > mke2fs.log 2>&1 ||
		ok "the disk is made ($work/mke2fs.log)" false
	rm -rf "$root"
}

# debian_add ROOT FILE...: copy files, and what the linker puts beside them.
debian_add() {
	local root=$1 file lib loader
	shift
	for file in "$@"; do
		[ ! -e "$root/$file" ] || continue
		install -D "$debs/$file" "$root/$file"
		while read -r lib; do
			debian_add "$root" "$(cd "$debs" && find usr/lib -name "$lib" -path '*-linux-gnu/*' -print -quit)"
		done < <(readelf -d "$debs/$file" 2> /dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
		loader=$(readelf -l "$debs/$file" 2> /dev/null | sed -n 's/.*interpreter: \(.*\)]/\1/p')
		[ -z "$loader" ] || [ -e "$root$loader" ] ||
			install -D "$(find "$debs/usr/lib" -name "${loader##*/}" -path '*-linux-gnu/*' -print -quit)" "$root$loader"
	done
}

in_debian='
mkdir -p /debian
mount -t ext4 "/dev/${programs:-vdb}" /debian || fail "the disk with programs is there"
for d in dev proc sys; do mount -o rbind /$d /debian/$d; done
mount -t tmpfs tmpfs /debian/run
in_debian() { PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot /debian "$@"; }
'

from_guide() {
	awk -v words="$1" '
		wanted && /^[^ \t]/ {exit}
		wanted && (/^\t/ || text) {sub(/^\t/, ""); text = text $0 "\n"}
		index($0, words) {wanted = 1}
		END {sub(/\n+$/, "\n", text); printf "%s", text}' "$top/Documentation/admin-guide/pstore-zone.rst"
}
