// SPDX-License-Identifier: Apache-2.0
/* The program: hypar run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hypar/hypar.h"

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	(void)opaque;
	(void)vty;
	return fwrite(buf, 1, n, stdout) + (fflush(stdout) ? 0 : 0);
}

static void line_out(void *opaque, const char *line)
{
	(void)opaque;
	fprintf(stderr, "%s\n", line);
}

static const struct hypar_host_ops host = { console_write, line_out, line_out };

int main(int argc, char **argv)
{
	struct hypar_config c = { .memory = 2ULL << 30, .cpus = 1, .threads = 1, .cpu = HYPAR_CPU_POWER10, .host = &host };
	struct hypar_err e = { 0 };
	hypar_machine *m;
	int stats = 0;
	enum hypar_end end;

	for (int i = 2; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(a, "--kernel")) c.kernel = v, i++;
		else if (!strcmp(a, "--initrd")) c.initrd = v, i++;
		else if (!strcmp(a, "--append")) c.append = v, i++;
		else if (!strcmp(a, "--memory")) c.memory = strtoull(v, NULL, 0) << 30, i++;
		else if (!strcmp(a, "--smp")) c.cpus = (unsigned)atoi(v), i++;
		else if (!strcmp(a, "--cpu")) c.cpu = strcmp(v, "power9") ? HYPAR_CPU_POWER10 : HYPAR_CPU_POWER9, i++;
		else if (!strcmp(a, "--interrupt-controller")) c.irqchip = !strcmp(v, "xics") ? HYPAR_IRQCHIP_XICS : !strcmp(v, "xive") ? HYPAR_IRQCHIP_XIVE : 0, i++;
		else if (!strcmp(a, "--trace")) c.trace = (uint32_t)strtoul(v, NULL, 0), i++;
		else if (!strcmp(a, "--flat-tree")) c.flat_tree = true;
		else if (!strcmp(a, "--stats")) stats = 1;
		else { fprintf(stderr, "hypar: unknown option %s\n", a); return 2; }
	}
	m = hypar_machine_new(&c, &e);
	if (!m) { fprintf(stderr, "hypar: %s\n", e.text); return 2; }
	end = hypar_machine_run(m, &e);
	if (stats) hypar_machine_report(m, "stats", line_out, NULL);
	if (end >= HYPAR_END_OS_TERM) {
		fprintf(stderr, "end %d: %s %s\n", (int)end, hypar_machine_reason(m), e.text);
		hypar_machine_report(m, "registers", line_out, NULL);
		hypar_machine_report(m, "trace", line_out, NULL);
	}
	hypar_machine_free(m);
	return (int)end;
}
