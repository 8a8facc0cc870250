// SPDX-License-Identifier: GPL-2.0
/*
 * What the users of flash as storage have in common: which MTD is meant, and the way
 * to pstore and back.
 */
#define pr_fmt(fmt) "pstore_flash: " fmt

#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "flash.h"

/**
 * pstore_flash_is_meant - is this the MTD that the user has named?
 * @mtd: the MTD
 * @spec: its name, or its number
 *
 * Context: Any.
 * Return: whether it is.
 */
bool pstore_flash_is_meant(const struct mtd_info *mtd, const char *spec)
{
	unsigned int index;

	if (mtd->name && !strcmp(mtd->name, spec))
		return true;
	return !kstrtouint(spec, 0, &index) && index == mtd->index;
}
EXPORT_SYMBOL_GPL(pstore_flash_is_meant);

static void flash_report_obstacle(struct pstore_flash *f)
{
	struct pstore_storage *st = &f->storage;

	if (st->ops->panic_write)
		return;
	strscpy(st->obstacle, "the flash's driver cannot write in a panic");
	pr_warn("%s: panics will not be saved: %s\n", st->device, st->obstacle);
}

/**
 * pstore_flash_attach - keep crash logs on a flash
 * @mtd:	the flash; stays valid until pstore_flash_detach()
 * @params:	what the user asks for, and the name of the backend
 *
 * Context: Process context, may sleep.
 * Return: the flash, or an error pointer after a message that says why.
 */
struct pstore_flash *pstore_flash_attach(struct mtd_info *mtd,
					 const struct pstore_storage *params)
{
	struct pstore_flash *f = pstore_flash_open(mtd, params);
	int ret;

	if (IS_ERR(f))
		return f;
	flash_report_obstacle(f);
	ret = pstore_storage_register(&f->storage);
	pstore_flash_old_offered(f);
	if (!ret) {
		/* The panic before may have used up what lay ready. */
		queue_work(system_unbound_wq, &f->work);
		return f;
	}
	pstore_flash_close(f);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(pstore_flash_attach);

/**
 * pstore_flash_detach - let go of a flash
 * @f: the flash
 *
 * Context: Process context, may sleep.
 */
void pstore_flash_detach(struct pstore_flash *f)
{
	pstore_storage_unregister(&f->storage);
	pstore_flash_close(f);
}
EXPORT_SYMBOL_GPL(pstore_flash_detach);

MODULE_DESCRIPTION("pstore records on flash");
MODULE_LICENSE("GPL");
