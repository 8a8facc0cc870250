/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PSTORE_ZONE_FUZZ_H
#define _PSTORE_ZONE_FUZZ_H

/* libFuzzer's names: the first two are for us to define, the third one is its. */
#include <linux/types.h>

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(__u8 *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerMutate(__u8 *data, size_t size, size_t max_size);

#endif /* _PSTORE_ZONE_FUZZ_H */
