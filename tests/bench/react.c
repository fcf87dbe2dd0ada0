/*
 * From a datagram to the first action: sends messages to a daemon's UDP listener and reads, on standard
 * input, the daemon's console, where the first action of the matching applet writes a line.
 *
 *   react PORT PATTERNS COUNT INTERVAL_US
 *
 * Message number n of COUNT is matched by one of PATTERNS patterns (workload.h); the action repeats its
 * sequence number as `sequence=n;`. The clock stops when the line has been read here, which is later
 * than the time stamp in it by a write, a wake-up and a read: an upper bound. Prints one JSON object,
 * microseconds; the time stamps themselves (milliseconds) are checked to lie between the two clocks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/workload.h"

#define PATIENCE_US 3000000.0 /* behind the last message */

struct reaction {
	double sent, seen; /* microseconds of the wall clock; 0 = not yet */
};

struct measuring {
	struct reaction *at;
	unsigned count, sent, seen, misplaced;
	char line[4096]; /* of the console, so far */
	size_t n;
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The time stamp "... 17:00:26.740: %HA_EM-6-LOG" in milliseconds of its minute; negative: there is none. */
static double
stamp_of_minute(const char *line)
{
	const char *at = strstr(line, ": %HA_EM");
	unsigned second, ms;

	if (at == NULL || at - line < 6 || sscanf(at - 6, "%2u.%3u", &second, &ms) != 2)
		return -1;
	return second * 1e3 + ms;
}

/* Does the stamp lie between sending and seeing? It has lost its microseconds, and only knows its minute. */
static bool
stamp_is_placed(const char *line, const struct reaction *r)
{
	double stamp = stamp_of_minute(line), sent = r->sent / 1e3, since;

	if (stamp < 0)
		return false;
	since = stamp - (sent - 60000.0 * (double)(long long)(sent / 60000.0));
	if (since < -30000)
		since += 60000;
	return since > -1 && since <= (r->seen - r->sent) / 1e3;
}

static void
read_line(struct measuring *m, const char *line, double now)
{
	const char *at = strstr(line, "sequence=");
	unsigned long i = at == NULL ? m->count : strtoul(at + strlen("sequence="), NULL, 10);

	if (i >= m->sent || m->at[i].seen > 0)
		return;
	m->at[i].seen = now;
	m->seen++;
	m->misplaced += !stamp_is_placed(line, &m->at[i]);
}

static bool
read_console(struct measuring *m)
{
	ssize_t got = read(STDIN_FILENO, m->line + m->n, sizeof m->line - 1 - m->n);
	double now = now_us();
	char *line = m->line, *end;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	m->n += (size_t)got;
	m->line[m->n] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		read_line(m, line, now);
		line = end + 1;
	}
	m->n -= (size_t)(line - m->line);
	memmove(m->line, line, m->n);
	if (m->n == sizeof m->line - 1)
		m->n = 0; /* no line of ours is so long */
	return true;
}

static bool
send_next(struct measuring *m, int fd, unsigned patterns)
{
	char line[WORKLOAD_ROOM];
	unsigned i = m->sent;
	size_t n = workload_message(line, sizeof line, i, workload_below(patterns));

	m->at[m->sent++].sent = now_us();
	if (send(fd, line, n, 0) == (ssize_t)n)
		return true;
	perror("react: send");
	return false;
}

static bool
measure(struct measuring *m, int fd, unsigned patterns, unsigned interval)
{
	double next = now_us(), until = 0;

	while (m->seen < m->count) {
		double now = now_us(), wait;
		struct pollfd console = { STDIN_FILENO, POLLIN, 0 };
		struct timespec t;

		if (m->sent < m->count && now >= next) {
			if (!send_next(m, fd, patterns))
				return false;
			next += interval;
			until = now + PATIENCE_US;
		}
		wait = (m->sent < m->count ? next : until) - now_us();
		if (m->sent == m->count && wait <= 0)
			break;
		t.tv_sec = 0;
		t.tv_nsec = wait <= 0 ? 0 : wait > 5e5 ? 500000000 : (long)(wait * 1e3);
		if (ppoll(&console, 1, &t, NULL) > 0 && !read_console(m))
			return false;
	}
	return true;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const struct measuring *m)
{
	double *took = calloc(m->count, sizeof *took);
	unsigned n = 0;

	if (took == NULL)
		abort();
	for (unsigned i = 0; i < m->count; i++)
		if (m->at[i].seen > 0)
			took[n++] = m->at[i].seen - m->at[i].sent;
	qsort(took, n, sizeof *took, compare);
	printf("{\"sent\":%u,\"seen\":%u,\"misplaced_stamps\":%u", m->sent, n, m->misplaced);
	if (n > 0)
		printf(",\"min_us\":%.0f,\"p50_us\":%.0f,\"p90_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f",
			took[0], took[n / 2], took[(size_t)n * 90 / 100], took[(size_t)n * 99 / 100],
			took[n - 1]);
	puts("}");
	free(took);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct measuring m = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 5) {
		fputs("usage: react PORT PATTERNS COUNT INTERVAL_US <CONSOLE\n", stderr);
		return 2;
	}
	m.count = (unsigned)strtoul(argv[3], NULL, 10);
	m.at = calloc(m.count + 1, sizeof *m.at);
	to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	if (m.at == NULL || fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		perror("react");
		return 1;
	}
	if (!measure(&m, fd, (unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10)))
		return 1;
	report(&m);
	return m.seen == m.count && m.misplaced == 0 ? 0 : 1;
}
