# shellcheck shell=bash
# For scenarios on the kernel with KASAN, lockdep and sleep checks, where
# pstore_blk is a module: source it after lib.sh. VARIANT=modular in the environment
# takes the same kernel without the checkers.
#
#   $variant      where that kernel is
#   $load         what the guest does to load it
#   quiet         has no checker complained in the last boot?
#   expect_oops   the oops that lkdtm makes in the last boot is not a complaint

if [ "$arch" != x86_64 ]; then
	skip "$name" 'the checking kernel is built for x86_64 only'
	exit
fi
variant=$build/x86_64-${VARIANT:-debug} kernel=$variant/bzImage
[ -f "$kernel" ] || "$top/scripts/build-kernel" --variant "${VARIANT:-debug}" x86_64 || exit 1
[ "${VARIANT:-debug}" = debug ] || say "  without KASAN, lockdep and sleep checks, which make check-all has"
memory=512
modules=$(echo "$variant"/modules/lib/modules/*/kernel/fs/pstore)
files=("$modules/zone/pstore_zone.ko" "$modules/blk/pstore_blk.ko")
append=''
load='insmod /pstore_zone.ko; insmod /pstore_blk.ko blkdev=/dev/vda'
quiet() { ! grep -aE 'WARNING: |BUG: |possible (circular|recursive)|INFO: (possible|inconsistent)|suspicious RCU|sleeping function' "$log"; }
expect_oops() { sed -i '/kernel BUG at drivers.misc.lkdtm/d; /BUG: .*lkdtm_EXCEPTION/d; /BUG: kernel NULL pointer dereference/d' "$log"; }
