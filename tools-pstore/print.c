// SPDX-License-Identifier: GPL-2.0
/* Times, ids and names for output. What comes from an image is made printable. */
#include <time.h>

#include "reader.h"

/* The kernel's enum kmsg_dump_reason. */
static const char * const reasons[] = {
	"unknown", "panic", "oops", "emergency", "shutdown",
};

/* Return: the time in @buf of TIME_CHARS; as a number if no calendar has it. */
const char *time_text(char *buf, const struct pstore_record_info *info)
{
	time_t sec = (time_t)info->time_sec;
	struct tm tm;

	if (sec == info->time_sec && gmtime_r(&sec, &tm) &&
	    tm.tm_year >= -1900 && tm.tm_year < 10000 - 1900)
		strftime(buf, TIME_CHARS, "%Y-%m-%dT%H:%M:%SZ", &tm);
	else
		snprintf(buf, TIME_CHARS, "@%lld", info->time_sec);
	return buf;
}

/* Return: the first @bytes of an id in @buf of ID_CHARS. */
const char *id_text(char *buf, const __u8 *id, unsigned int bytes)
{
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < bytes; i++)
		snprintf(buf + 2 * i, 3, "%02x", id[i]);
	return buf;
}

/* Return: the kernel release in @buf of RELEASE_CHARS. */
const char *release_text(char *buf, const struct pstore_record_info *info)
{
	size_t i;

	for (i = 0; i < sizeof(info->release) && info->release[i]; i++)
		buf[i] = info->release[i] > ' ' && info->release[i] < 0x7f ?
			 (char)info->release[i] : '?';
	if (!i)
		buf[i++] = '-';
	buf[i] = '\0';
	return buf;
}

/* Return: why a record was written, in @buf if it has no name. */
const char *reason_text(char *buf, size_t size, __u32 reason)
{
	if (reason < ARRAY_SIZE(reasons))
		return reasons[reason];
	snprintf(buf, size, "%u", reason);
	return buf;
}
