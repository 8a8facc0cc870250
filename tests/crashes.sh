# shellcheck shell=bash
# Every kind of crash, for scenarios that source this file. They have a function
#
#   crash NAME WHAT PATTERN [VARIABLE=VALUE...] [-DRIVER...] [-ARCH...] < CODE
#
# that is called for each by crashes(), with $driver, $disk_name and $part set by
# use_driver. CODE is what the guest runs to die of it, PATTERN (as for grep -E) is
# what its log then has. Variables are what the boot needs: smp, memory, more (kernel
# parameters), number (of the partition for crash logs), monitor (what QEMU's monitor
# is to be asked as soon as the guest says that it is ready). A driver's or an
# architecture's name with '-' in front: it does not have this crash, for the reason
# in $why.

all_drivers=(virtio-blk nvme sd)
crashme='insmod /crashme.ko'
lkdtm() { echo "echo $1 > /sys/kernel/debug/provoke-crash/DIRECT"; }

# Which bus, disk and partitions a driver has. Partition 1 is for crash logs, 2 is a
# very small one, and 3 is for others.
use_driver() {
	driver=$1
	case $1 in
	virtio-blk) bus=pci disk_name=vda part=vda ;;
	nvme) bus=nvme disk_name=nvme0n1 part=nvme0n1p ;;
	sd) bus=sd disk_name=mmcblk0 part=mmcblk0p ;;
	*) die "no driver '$1': ${all_drivers[*]}" ;;
	esac
}

# Kernel parameters for crash logs on partition $1 of the driver's disk.
parameters() { echo "blkdevparts=$disk_name:8M(log),396K(small),-(data) pstore_blk.blkdev=/dev/$part$1"; }

crashes() {
crash sysrq 'panic asked for by sysrq' 'sysrq triggered crash' <<< 'echo c > /proc/sysrq-trigger'
crash null-pointer 'NULL pointer, with panic_on_oops' 'lkdtm_EXCEPTION' <<END
echo 1 > /proc/sys/kernel/panic_on_oops
$(lkdtm EXCEPTION)
END
crash bad-pointer 'jump through a bad pointer, with panic_on_oops' 'lkdtm_EXEC_RODATA|do_nothing' <<END
echo 1 > /proc/sys/kernel/panic_on_oops
$(lkdtm EXEC_RODATA)
END
crash stack-overflow 'stack overflow' 'stack guard page|Insufficient stack space' <<END
echo 1 > /proc/sys/kernel/panic_on_oops
$(lkdtm EXHAUST_STACK)
END
crash bug 'BUG(), with panic_on_oops' 'kernel BUG at' <<END
echo 1 > /proc/sys/kernel/panic_on_oops
$(lkdtm BUG)
END
crash warn 'WARN(), with panic_on_warn' 'panic_on_warn set' <<END
echo 1 > /proc/sys/kernel/panic_on_warn
$(lkdtm WARNING)
END
crash init 'the first process ends' 'Attempted to kill init' <<< 'exit 1'
crash hard-irq 'in a hard interrupt' 'crashme: in a hard interrupt: 1' <<< "$crashme context=hardirq"
crash soft-irq 'in a soft interrupt' 'crashme: in a soft interrupt: 1' <<< "$crashme context=softirq"
crash nmi 'in an NMI, with unknown_nmi_panic' 'NMI: Not continuing' monitor=inject-nmi \
	-arm64 why='the machine that QEMU emulates has no NMI' <<END
echo 1 > /proc/sys/kernel/unknown_nmi_panic
echo "guest: ready"
END
crash soft-lockup 'soft lockup, with softlockup_panic' 'softlockup: hung tasks' <<END
echo 1 > /proc/sys/kernel/softlockup_panic
echo 1 > /proc/sys/kernel/watchdog_thresh
$(lkdtm SOFTLOCKUP)
END
crash hard-lockup 'hard lockup, with nmi_watchdog=panic' 'Hard LOCKUP' more=nmi_watchdog=panic <<END
echo 1 > /proc/sys/kernel/watchdog_thresh
# A change of the clock stops all CPUs, and would wait for the locked one.
wait_for grep -Eqx 'tsc|arch_sys_counter' /sys/devices/system/clocksource/clocksource0/current_clocksource
$(lkdtm HARDLOCKUP)
END
crash hung-task 'hung task, with hung_task_panic' 'hung_task: blocked tasks' <<END
echo 1 > /proc/sys/kernel/hung_task_panic
echo 1 > /proc/sys/kernel/hung_task_timeout_secs
$(lkdtm HUNG_TASK) &
END
crash rcu-stall 'RCU stall, with panic_on_rcu_stall' 'RCU Stall' <<END
echo 1 > /proc/sys/kernel/panic_on_rcu_stall
echo 3 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
$(lkdtm SOFTLOCKUP)
END
crash out-of-memory 'no memory left, with panic_on_oom' 'not syncing: Out of memory' memory=128 <<'END'
echo 2 > /proc/sys/vm/panic_on_oom
mount -t tmpfs -o size=1000m tmpfs /mnt
dd if=/dev/zero of=/mnt/fill bs=1M
END
crash driver 'in the middle of the disk driver' 'crashme: in' <<END
case $driver in
virtio-blk) symbol=virtqueue_add_sgs ;;
nvme) symbol=nvme_setup_cmd ;;
sd) symbol=sdhci_send_command ;;
esac
$crashme symbol=\$symbol skip=5
dd if=/dev/zero of=/dev/${part}3 bs=4k count=100 oflag=direct
END
crash driver-irq 'in the interrupt of the disk driver' 'crashme: in' <<END
case $driver in
virtio-blk) symbol=virtqueue_get_buf ;;
nvme) symbol=nvme_irq ;;
sd) symbol=sdhci_irq ;;
esac
$crashme symbol=\$symbol skip=5
dd if=/dev/zero of=/dev/${part}3 bs=4k count=100 oflag=direct
END
crash controller-reset 'in a reset of the controller' 'crashme: in nvme_enable_ctrl' \
	-virtio-blk -sd why='not reset while it is in use, but for a suspend' <<END
$crashme symbol=nvme_enable_ctrl
echo 1 > /sys/class/nvme/nvme0/reset_controller
END
crash slab-lock 'with the locks of the slab allocator held' "crashme: with the slab allocator.s locks" <<< "$crashme context=slab"
crash console-lock 'with the lock of the console held' "crashme: with the console.s lock" <<< "$crashme context=console"
crash console-driver 'in the driver of the console' 'crashme: in' <<END
case $arch in
x86_64) symbol=serial8250_console_write ;;
arm64) symbol=pl011_console_write ;;
esac
# In newer kernels, a thread writes.
grep -q " \$symbol\$" /proc/kallsyms || symbol=\${symbol}_thread
$crashme symbol=\$symbol
echo "a line" > /dev/kmsg
END
crash twice 'a panic inside the panic' 'crashme: in kmsg_dump_desc' <<END
$crashme symbol=kmsg_dump_desc only_in_panic=1
echo c > /proc/sysrq-trigger
END
crash twice-in-dump 'a panic inside the dump' 'crashme: in zlib_deflate' <<END
$crashme symbol=zlib_deflate only_in_panic=1
echo c > /proc/sysrq-trigger
END
crash twice-in-writer 'a panic inside the panic writer' 'crashme: in blk_panic_write' <<END
$crashme symbol=blk_panic_write skip=1 only_in_panic=1
echo c > /proc/sysrq-trigger
END
crash busy-disk 'on CPU 3 of 4, the others write to the disk' 'CPU: 3 .*' smp=4 <<END
for cpu in 0 1 2; do
	taskset -c \$cpu sh -c 'while :; do dd if=/dev/zero of=/dev/${part}3 bs=64k count=800 oflag=direct 2> /dev/null; done' &
done
busy() { set -- \$(cat /sys/block/$disk_name/inflight); [ "\$2" -gt 0 ]; }
wait_for busy
taskset -c 3 sh -c 'echo c > /proc/sysrq-trigger'
END
crash full-area 'on an area that is full' 'sysrq triggered crash' number=2 <<END
wait_for test -e /sys/kernel/pstore_zone/pstore_blk/stats/records_written
count() { cat /sys/kernel/pstore_zone/pstore_blk/stats/records_written; }
more() { [ "\$(count)" -gt "\$before" ]; }
for i in 0 1 2 3 4 5 6 7; do
	before=\$(count)
	($(lkdtm EXCEPTION))
	wait_for more || fail "oops \$i is written"
done
echo c > /proc/sysrq-trigger
END
crash post-notifiers 'with crash_kexec_post_notifiers, no crash kernel' 'sysrq triggered crash' \
	more=crash_kexec_post_notifiers <<< 'echo c > /proc/sysrq-trigger'
}

