// SPDX-License-Identifier: GPL-2.0
/*
 * What ftrace sees, until it goes to its stream.
 *
 * Function calls come by the million and are of interest only once something has
 * gone wrong. So each CPU remembers its last ones in memory, without a lock, and
 * they are written after an oops and in a panic. A CPU may be interrupted while
 * it remembers a call, by another call in an NMI: each takes an entry of its own.
 * An entry counts when it has the number that its place asks for, before and
 * after it was copied.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pstore.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "zone.h"

#define TRACE_MIN_CALLS		16

/* A call. @number is that of the entry, plus one; 0 while it is filled. */
struct trace_entry {
	u64	ip;
	u64	parent_ip;
	u64	stamp;
	u32	cpu;
	u32	number;
};

/**
 * struct pstore_trace_cpu - what a CPU has seen
 * @head:	number of the next entry
 * @drained:	number of the first entry that did not go to the stream yet
 * @drain_to:	where to stop, since the CPU goes on meanwhile
 * @entries:	the last pstore_area.trace_calls of them
 */
struct pstore_trace_cpu {
	atomic_t		head;
	u32			drained;
	u32			drain_to;
	struct trace_entry	*entries;
};

/*
 * Remember a call.
 *
 * Context: Any, NMI too. Interrupts are off.
 */
void notrace pstore_trace_put(struct pstore_area *area,
			      const struct pstore_ftrace_record *call)
{
	struct pstore_trace_cpu *t = this_cpu_ptr(area->trace);
	u32 number = atomic_fetch_inc(&t->head);
	struct trace_entry *e = &t->entries[number & (area->trace_calls - 1)];
	struct pstore_ftrace_record copy = *call;

	WRITE_ONCE(e->number, 0);
	smp_wmb(); /* nobody takes the entry while it is filled */
	e->ip = call->ip;
	e->parent_ip = call->parent_ip;
	e->stamp = pstore_ftrace_read_timestamp(&copy);
	e->cpu = pstore_ftrace_decode_cpu(&copy);
	/* It is filled; pairs with trace_get(). */
	smp_store_release(&e->number, number + 1);
}

static bool trace_get(const struct trace_entry *e, u32 number,
		      struct pstore_media_trace *m)
{
	/* Is it filled? Pairs with pstore_trace_put(). */
	if (smp_load_acquire(&e->number) != number + 1)
		return false;
	m->ip = cpu_to_le64(e->ip);
	m->parent_ip = cpu_to_le64(e->parent_ip);
	m->stamp = cpu_to_le64(e->stamp);
	m->cpu = cpu_to_le32(e->cpu);
	m->reserved = 0;
	smp_rmb(); /* was it filled anew meanwhile? */
	return READ_ONCE(e->number) == number + 1;
}

/* Move up to @room calls of one CPU to the stream. Return: how much room is left. */
static u32 trace_drain_cpu(struct pstore_area *area, struct pstore_trace_cpu *t,
			   struct pstore_log *log, u32 room)
{
	u32 head = t->drain_to;
	struct pstore_media_trace m;

	if (head - t->drained > area->trace_calls)
		t->drained = head - area->trace_calls;
	for (; room && t->drained != head; t->drained++) {
		u32 at = t->drained & (area->trace_calls - 1);

		if (!trace_get(&t->entries[at], t->drained, &m))
			continue;
		pstore_log_push(log, &m, sizeof(m));
		room--;
	}
	return room;
}

/*
 * What has been remembered by now is to go to the stream.
 *
 * Context: Process context with the stream's lock held, or panic context.
 */
void pstore_trace_begin(struct pstore_area *area)
{
	int cpu;

	if (!area->trace)
		return;
	for_each_possible_cpu(cpu) {
		struct pstore_trace_cpu *t = per_cpu_ptr(area->trace, cpu);

		t->drain_to = atomic_read(&t->head);
	}
}

/*
 * Move calls to the stream's ring, as many as fit into half of it.
 *
 * Context: As for pstore_trace_begin().
 * Return: whether there may be more.
 */
bool pstore_trace_drain(struct pstore_area *area, struct pstore_log *log)
{
	u32 room = log->size / 2 / sizeof(struct pstore_media_trace);
	int cpu;

	if (!area->trace)
		return false;
	for_each_possible_cpu(cpu)
		room = trace_drain_cpu(area, per_cpu_ptr(area->trace, cpu), log,
				       room);
	return !room;
}

static int trace_cmp(const void *a, const void *b)
{
	const struct pstore_media_trace *x = a, *y = b;
	u64 p = le64_to_cpu(x->stamp), q = le64_to_cpu(y->stamp);

	if (p != q)
		return p < q ? -1 : 1;
	return memcmp(x, y, sizeof(*x));
}

/*
 * Turn what was read from the stream into what pstore shows: in the order of the
 * calls, each one once. @text is replaced. The kernel that runs is @moved bytes from
 * where the one ran that made the calls, so that their addresses are now elsewhere.
 *
 * Context: Process context, may sleep.
 * Return: the new size in bytes, or -ENOMEM.
 */
ssize_t pstore_trace_decode(char **text, ssize_t bytes, u64 moved)
{
	struct pstore_media_trace *m = (void *)*text;
	size_t i, n = 0, nr = bytes / sizeof(*m);
	struct pstore_ftrace_record *calls;

	calls = kvcalloc(max(nr, 1), sizeof(*calls), GFP_KERNEL);
	if (!calls)
		return -ENOMEM;
	sort(m, nr, sizeof(*m), trace_cmp, NULL);
	for (i = 0; i < nr; i++) {
		if (i && !trace_cmp(&m[i - 1], &m[i]))
			continue;
		calls[n].ip = le64_to_cpu(m[i].ip) + moved;
		calls[n].parent_ip = le64_to_cpu(m[i].parent_ip) + moved;
		pstore_ftrace_write_timestamp(&calls[n],
					      le64_to_cpu(m[i].stamp));
		pstore_ftrace_encode_cpu(&calls[n], le32_to_cpu(m[i].cpu));
		n++;
	}
	kvfree(*text);
	*text = (char *)calls;
	return n * sizeof(*calls);
}

/*
 * Set memory aside for @bytes of calls in all.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM; pstore_trace_exit() is to be called either way.
 */
int pstore_trace_init(struct pstore_area *area, u32 bytes)
{
	u32 calls = bytes / num_possible_cpus() / sizeof(struct trace_entry);
	int cpu;

	area->trace_calls = rounddown_pow_of_two(max_t(u32, calls,
						       TRACE_MIN_CALLS));
	area->trace = alloc_percpu(struct pstore_trace_cpu);
	if (!area->trace)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct trace_entry *e = kvcalloc(area->trace_calls, sizeof(*e),
						 GFP_KERNEL);

		per_cpu_ptr(area->trace, cpu)->entries = e;
		if (!e)
			return -ENOMEM;
	}
	return 0;
}

/* Context: Process context. Nobody remembers calls any more. */
void pstore_trace_exit(struct pstore_area *area)
{
	int cpu;

	if (!area->trace)
		return;
	for_each_possible_cpu(cpu)
		kvfree(per_cpu_ptr(area->trace, cpu)->entries);
	free_percpu(area->trace);
	area->trace = NULL;
}
