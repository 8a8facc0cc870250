// SPDX-License-Identifier: GPL-2.0
/*
 * Hibernation.
 *
 * The kernel that loads the image has attached the device, too, and written to it. What
 * the kernel in the image knew of the area is then out of date. So each of them lets the
 * device go before an image is made or loaded, and whichever goes on looks for it anew.
 * Nothing is saved in between.
 */
#include <linux/notifier.h>
#include <linux/suspend.h>

#include "blk.h"

static int hibernate_notify(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		pstore_blk_unwatch();
		pstore_blk_detach();
		return NOTIFY_OK;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		/* What has worked when the module began does so now. */
		pstore_blk_watch();
		return NOTIFY_OK;
	}
	return NOTIFY_DONE;
}

static struct notifier_block hibernate_nb = {
	.notifier_call	= hibernate_notify,
};

/*
 * Let the device go whenever the machine hibernates.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int pstore_blk_mind_hibernation(void)
{
	return register_pm_notifier(&hibernate_nb);
}

/* Context: Process context, may sleep. */
void pstore_blk_forget_hibernation(void)
{
	unregister_pm_notifier(&hibernate_nb);
}
