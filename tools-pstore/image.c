// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes from a file, a disk or flash. It is opened for reading only, and only what is
 * asked for is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/posix_types.h>
#include <mtd/mtd-user.h>

#include "reader.h"

static int image_pread(struct image *image, __u64 pos, void *buf, size_t len)
{
	__u8 *at = buf;
	ssize_t n;

	while (len) {
		n = pread(image->fd, at, len, (off_t)pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO; /* it has become smaller meanwhile */
		at += n;
		pos += (__u64)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Of /dev/mtdN. Drivers read blocks that are bad as if they were not. */
static int image_read_flash(struct image *image, __u64 pos, void *buf,
			    size_t len)
{
	__kernel_loff_t at = (__kernel_loff_t)pos;

	if (ioctl(image->fd, MEMGETBADBLOCK, &at) == 1)
		return -EIO;
	return image_pread(image, pos, buf, len);
}

static bool image_is_flash(const struct image *image, const struct stat *st)
{
	struct mtd_info_user info;

	return S_ISCHR(st->st_mode) && !ioctl(image->fd, MEMGETINFO, &info);
}

/* Only files, disks and flash have a size. Return: NULL or what is wrong. */
static const char *image_size(struct image *image)
{
	struct stat st;
	off_t end;

	if (fstat(image->fd, &st))
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return "a directory; name an image or a disk";
	if (image_is_flash(image, &st))
		image->read = image_read_flash;
	else if (S_ISCHR(st.st_mode))
		return "a character device; name an image, a disk, or flash such as /dev/mtd0";
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return "neither a file, nor a disk, nor flash";
	/* MEMGETINFO has 32 bits for the size, and this has more. */
	end = lseek(image->fd, 0, SEEK_END);
	if (end < 0)
		return strerror(errno);
	image->bytes = (__u64)end;
	return NULL;
}

/* Return: 0, or -1 after a message. */
int image_open(struct image *image, const char *name, FILE *messages)
{
	const char *wrong;

	image->name = name;
	image->read = image_pread;
	/* Who opens a pipe must not wait for its other end. */
	image->fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (image->fd < 0) {
		fprintf(messages, "pstore-zone: %s: cannot be opened: %s%s\n",
			name, strerror(errno), errno == EACCES ?
			"; disks are for root to read" : "");
		return -1;
	}
	wrong = image_size(image);
	if (wrong) {
		fprintf(messages, "pstore-zone: %s: cannot be used: %s\n", name,
			wrong);
		image_close(image);
		return -1;
	}
	return 0;
}

void image_close(struct image *image)
{
	close(image->fd);
	image->fd = -1;
}
