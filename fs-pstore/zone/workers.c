// SPDX-License-Identifier: GPL-2.0
/*
 * Work for whichever CPU comes first.
 *
 * Who asks may be an oops, after which its CPU may never run anything again, or a watchdog
 * on a CPU that only takes interrupts. So each CPU has work of its own, bound to it, and
 * there is work for any CPU; and once the kernel has oopsed, the next CPU is asked, too.
 * The first to come does what there is to do, and the others find nothing.
 *
 * No CPU waits for another one to take up what it was asked for: an irq_work or a work
 * that is queued on a CPU which is stuck stays queued. The scheduler puts what is not
 * bound to a CPU on any, also on one that is stuck; and a thread that is yet to be made,
 * as for workers of high priority, of which a CPU has none to spare, may have to wait
 * there. On the other hand, a CPU whose worker has oopsed, or whose task does not give
 * way, may not run any more of those that are bound to it.
 *
 * This does not help where the oops never lets its CPU take one more interrupt, or
 * where a CPU gets stuck in the middle of run(). A panic writes what is left then.
 */
#include <linux/cpumask.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "zone.h"

static void worker_run(struct work_struct *work)
{
	struct pstore_worker *worker = container_of(work, struct pstore_worker,
						    work);

	worker->workers->run(worker->workers);
}

static void worker_run_anywhere(struct work_struct *work)
{
	struct pstore_workers *workers = container_of(work,
						      struct pstore_workers,
						      anywhere);

	workers->run(workers);
}

static void worker_queue(struct pstore_workers *workers, unsigned int cpu)
{
	queue_work_on(cpu, pstore_zone_wq,
		      &per_cpu_ptr(workers->each, cpu)->work);
}

static void worker_queue_next(struct pstore_workers *workers, unsigned int cpu)
{
	unsigned int next = cpumask_next(cpu, cpu_online_mask);

	if (next >= nr_cpu_ids)
		next = cpumask_first(cpu_online_mask);
	worker_queue(workers, next);
}

/*
 * This CPU comes last, as an oops may hold the lock of its workers, and would wait here
 * for good.
 */
static void worker_irq_work(struct irq_work *irq_work)
{
	struct pstore_worker *worker = container_of(irq_work,
						    struct pstore_worker,
						    irq_work);
	unsigned int cpu = smp_processor_id();

	if (test_taint(TAINT_DIE))
		worker_queue_next(worker->workers, cpu);
	queue_work(system_dfl_wq, &worker->workers->anywhere);
	worker_queue(worker->workers, cpu);
}

/*
 * Have run() called, soon, and maybe more than once.
 *
 * Context: Any, NMI too.
 */
void pstore_workers_ask(struct pstore_workers *workers)
{
	guard(preempt)();
	irq_work_queue(&this_cpu_ptr(workers->each)->irq_work);
}

/*
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int pstore_workers_init(struct pstore_workers *workers,
			void (*run)(struct pstore_workers *workers))
{
	struct pstore_worker *worker;
	unsigned int cpu;

	workers->run = run;
	INIT_WORK(&workers->anywhere, worker_run_anywhere);
	workers->each = alloc_percpu(struct pstore_worker);
	if (!workers->each)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		worker = per_cpu_ptr(workers->each, cpu);
		worker->irq_work = IRQ_WORK_INIT_HARD(worker_irq_work);
		INIT_WORK(&worker->work, worker_run);
		worker->workers = workers;
	}
	return 0;
}

/*
 * Nobody asks any more. What has not begun yet is not done.
 *
 * Context: Process context, may sleep.
 */
void pstore_workers_exit(struct pstore_workers *workers)
{
	unsigned int cpu;

	if (!workers->each)
		return;
	/* All of them, as each queues work of another one, too. */
	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(workers->each, cpu)->irq_work);
	for_each_possible_cpu(cpu)
		cancel_work_sync(&per_cpu_ptr(workers->each, cpu)->work);
	cancel_work_sync(&workers->anywhere);
	free_percpu(workers->each);
	workers->each = NULL;
}
