// SPDX-License-Identifier: GPL-2.0
/* CRC-32C, the polynomial of Castagnoli, bit-reversed: a table of 256 entries. */
#include <linux/crc32.h>

#define CRC32C_POLY	0x82f63b78U

static __u32 crc32c_table[256];

static void crc32c_init(void)
{
	__u32 i, bit, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC32C_POLY : crc >> 1;
		crc32c_table[i] = crc;
	}
}

/* Go on with @crc, without inversion. Return: the new value. */
__u32 __crc32c_le(__u32 crc, const void *data, size_t len)
{
	const __u8 *at = data;

	if (!crc32c_table[1])
		crc32c_init();
	for (; len; at++, len--)
		crc = crc >> 8 ^ crc32c_table[(crc ^ *at) & 0xff];
	return crc;
}
