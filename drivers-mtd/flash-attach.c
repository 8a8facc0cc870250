// SPDX-License-Identifier: GPL-2.0
/*
 * What the users of flash as storage have in common: which MTD is meant, and the way
 * to pstore and back.
 */
#define pr_fmt(fmt) "pstore_flash: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
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

/* Protects the list of those that are attached. One attaches at a time. */
static DEFINE_MUTEX(flash_attached_lock);
static LIST_HEAD(flash_attached);

/* The flash that has bytes in common with @mtd, or NULL. */
static struct pstore_flash *flash_overlapping(struct mtd_info *mtd)
{
	struct mtd_info *master = mtd_get_master(mtd);
	u64 from = mtd_get_master_ofs(mtd, 0), other;
	struct pstore_flash *f;

	lockdep_assert_held(&flash_attached_lock);
	list_for_each_entry(f, &flash_attached, node) {
		other = mtd_get_master_ofs(f->mtd, 0);
		if (mtd_get_master(f->mtd) == master &&
		    other < from + mtd->size && from < other + f->mtd->size)
			return f;
	}
	return NULL;
}

/* Two users of one flash would overwrite each other's logs. */
static int flash_check_free(struct mtd_info *mtd, const char *backend)
{
	struct pstore_flash *f = flash_overlapping(mtd);

	if (!f)
		return 0;
	pr_err("%s: not used for crash logs of %s, since it has bytes in common with %s, which has those of %s. Name another flash partition\n",
	       mtd->name, backend, f->mtd->name, f->storage.backend);
	return -EBUSY;
}

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
	struct pstore_flash *f;
	int ret;

	guard(mutex)(&flash_attached_lock);
	ret = flash_check_free(mtd, params->backend);
	if (ret)
		return ERR_PTR(ret);
	if (!params->yields &&
	    !pstore_storage_has_room(mtd->name, params->backend))
		return ERR_PTR(-EBUSY);
	f = pstore_flash_open(mtd, params);
	if (IS_ERR(f))
		return f;
	flash_report_obstacle(f);
	ret = pstore_storage_register(&f->storage);
	pstore_flash_old_offered(f);
	if (!ret) {
		list_add(&f->node, &flash_attached);
		/* The panic before may have used up what lay ready. */
		queue_work(system_dfl_wq, &f->work);
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
	guard(mutex)(&flash_attached_lock);
	pstore_storage_unregister(&f->storage);
	list_del(&f->node);
	pstore_flash_close(f);
}
EXPORT_SYMBOL_GPL(pstore_flash_detach);

MODULE_DESCRIPTION("pstore records on flash");
MODULE_LICENSE("GPL");
