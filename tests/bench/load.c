// SPDX-License-Identifier: GPL-2.0
/*
 * Load for the guest of scripts/bench: writes lines to a file, one write() each,
 * and says how long that took.
 *
 * Usage: load FILE WRITERS LINES BYTES [GAP_MS]
 *   FILE     /dev/pmsg0, /dev/kmsg, ...
 *   WRITERS  processes; they share the lines
 *   LINES    how many lines in all
 *   BYTES    length of a line, newline included
 *   GAP_MS   how long to wait after each line
 *
 * Each line begins with "load N ", where N tells lines apart, and is filled up
 * with digits that follow from N, so that it compresses as a log does rather than
 * as a row of the same letter would. The output is "BYTES SECONDS".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_BYTES	1000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_line(char *line, int bytes, unsigned int number)
{
	unsigned int state = number;
	int n = sprintf(line, "load %u ", number);

	for (; n < bytes - 1; n++) {
		/* Words and numbers by turns, as in messages of the kernel. */
		state = state * 1664525 + 1013904223;
		line[n] = n / 12 % 3 == 1 ? "0123456789abcdef"[state >> 28] :
				       "device reset"[n % 12];
	}
	line[bytes - 1] = '\n';
}

static void write_lines(const char *path, int first, int step, int lines,
			int bytes, int gap_ms)
{
	int fd = open(path, O_WRONLY), i;
	char line[MAX_BYTES + 32];

	if (fd < 0)
		die(path);
	for (i = first; i < lines; i += step) {
		make_line(line, bytes, i);
		if (write(fd, line, bytes) != bytes)
			die("write");
		if (gap_ms)
			usleep(gap_ms * 1000);
	}
	exit(0);
}

int main(int argc, char **argv)
{
	int writers, lines, bytes, gap_ms, i, status, failed = 0;
	double begin;

	if (argc < 5) {
		fprintf(stderr, "usage: load FILE WRITERS LINES BYTES [GAP_MS]\n");
		return 1;
	}
	writers = atoi(argv[2]);
	lines = atoi(argv[3]);
	bytes = atoi(argv[4]);
	gap_ms = argc > 5 ? atoi(argv[5]) : 0;
	if (bytes < 20 || bytes > MAX_BYTES || writers < 1) {
		fprintf(stderr, "load: a line has 20 to %d bytes\n", MAX_BYTES);
		return 1;
	}

	begin = now();
	for (i = 0; i < writers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			write_lines(argv[1], i, writers, lines, bytes, gap_ms);
	}
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		return 1;
	printf("%d %.6f\n", lines * bytes, now() - begin);
	return 0;
}
