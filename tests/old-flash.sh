# shellcheck shell=bash
# For scenarios on flash with records of the kernel without the series: source it after
# lib.sh.
#
#   $base             that kernel
#   blank             make the flash, all blank, at $flash in the guest's memory
#   $phram            SIZE's place in what to append for it to be "oops", of blocks of 64 KiB
#   in_guest [...]    a boot, with the scenario on standard input after $helpers
#   shown             what the guest's "show" said in the last boot, one record a line

base=$build/base-$arch/$image
if [ "$arch" != x86_64 ] || [ ! -f "$base" ]; then
	skip "$name" "it needs the kernel without the series, which make check has for x86_64 alone"
	exit
fi

# The memory of the machine is a file, and a part of it is flash to phram: what is in
# there outlives the machine.
disks=()
flash=0xf000000
phram="memmap=2M\$$flash phram.phram=oops,$flash,SIZE,65536"
extra=(-object "memory-backend-file,id=ram,size=256M,mem-path=$work/ram,share=on" -machine memory-backend=ram)
blank() {
	rm -f ram
	truncate -s 256M ram
	tr '\0' '\377' < /dev/zero | dd of=ram bs=1M seek=240 count=2 iflag=fullblock conv=notrunc status=none
}
helpers='
show() {
	for f in $(crashes); do
		tell "shows $(tail -c +1 /sys/fs/pstore/$f | wc -c) $(md5sum < /sys/fs/pstore/$f | cut -c1-32)"
	done
}
'
shown() { tr -d '\r' < "$log" | sed -n 's/.*guest: shows //p' | sort; }
in_guest() { { echo "$helpers"; cat; } | guest; boot "$@"; }
