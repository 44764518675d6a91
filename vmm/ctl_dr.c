/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "hypar ctl": memory, processors, devices and bridges added to and taken from
 * a machine that runs, what became of it, and injected failures.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "hypar/dr.h"
#include "opt.h"
#include "term.h"

#define POLL_MS 50
#define STALL_MS 60000 /* without --timeout: how long the guest may do nothing */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- waiting for the guest ---- */

static bool is_state(json_t *request, const char *state)
{
	return !strcmp(ctl_text(request, "state"), state);
}

static bool is_over(json_t *request)
{
	return is_state(request, "done") || is_state(request, "refused") ||
	       is_state(request, "cancelled");
}

/* On the terminal's line, when there is one. */
static void show_progress(json_t *r, bool is_last)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (is_last)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r\033[K%s %s: %lld of %lld, %s, %.1f s", ctl_text(r, "action"),
			ctl_text(r, "what"), ctl_number(r, "done"), ctl_number(r, "wanted"),
			ctl_text(r, "state"), (double)ctl_number(r, "age-ms") / 1000);
	fflush(stderr);
}

static const char *what_lacks(json_t *r)
{
	if (is_state(r, "waiting"))
		return "the guest has not fetched the event";
	if (is_state(r, "seen"))
		return "the guest has the event and did nothing";
	return "the guest stopped half-way";
}

/* The request @number when it is over or the time is; NULL: said so. */
static json_t *wait_for(struct ctl *c, long long number, int ms)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int64_t end = now_ms() + (ms < 0 ? STALL_MS : ms);
	long long steps = -1, now;
	json_t *r;

	for (;;) {
		r = ctl_execute(c->client, "x-hypar-query-requests",
				json_pack("{s:I}", "request", (json_int_t)number));
		if (!r || is_over(r) || now_ms() > end)
			break;
		now = ctl_number(r, "done") * 2 + !is_state(r, "waiting");
		if (ms < 0 && now != steps)
			end = now_ms() + STALL_MS;
		steps = now;
		show_progress(r, false);
		json_decref(r);
		nanosleep(&pause, NULL);
	}
	if (r)
		show_progress(r, true);
	return r;
}

static int report(struct ctl *c, json_t *r)
{
	bool done = is_state(r, "done"), over = is_over(r);
	const char *why = ctl_text(r, "why");

	if (!over)
		term_say("ctl: %s %s: %s; request %lld goes on", ctl_text(r, "action"),
			 ctl_text(r, "what"), what_lacks(r), ctl_number(r, "request"));
	else if (!done)
		term_say("ctl: %s %s: %s%s%s", ctl_text(r, "action"), ctl_text(r, "what"),
			 ctl_text(r, "state"), *why ? ": " : "", why);
	if (!ctl_print_json(c, json_incref(r))) {
		if (done)
			printf("%s %s: done, %.2f s\n", ctl_text(r, "action"), ctl_text(r, "what"),
			       (double)ctl_number(r, "age-ms") / 1000);
		json_decref(r);
	}
	json_decref(r);
	return done ? STATUS_OK : over ? STATUS_HOST : STATUS_TIMEOUT;
}

/* rtas_errd of the guest does not know events of slots: says what does it by hand. */
static void hint_slot(struct ctl *c, long long number)
{
	json_t *r = ctl_execute(c->client, "x-hypar-query-requests",
				json_pack("{s:I}", "request", (json_int_t)number));
	json_t *list, *d;
	size_t i;

	if (!r || is_over(r) || strcmp(ctl_text(r, "type"), "slot") != 0) {
		json_decref(r);
		return;
	}
	list = ctl_execute(c->client, "x-hypar-query-connectors",
			   json_pack("{s:s}", "type", "slot"));
	json_array_foreach(list, i, d) if (!strcmp(ctl_text(d, "resource"), ctl_text(r, "what")))
		term_say("ctl: in the guest: drmgr -c slot -%c -s %s", *ctl_text(r, "action"),
			 ctl_text(d, "name"));
	json_decref(list);
	json_decref(r);
}

/* Carries out @command, whose answer is a request, and waits for it. Takes @args; NULL: said so. */
static int ask(struct ctl *c, const char *command, json_t *args)
{
	int ms = args ? ctl_timeout_ms(c) : -2;
	json_t *ret, *r;
	long long number;

	if (ms < -1) {
		json_decref(args);
		return STATUS_USAGE;
	}
	ret = ctl_execute(c->client, command, args);
	if (!ret)
		return STATUS_HOST;
	number = ctl_number(ret, "request");
	if (number)
		hint_slot(c, number);
	if (c->no_wait || !number) {
		if (ctl_print_json(c, ret))
			return STATUS_OK;
		if (number)
			printf("request %lld\n", number);
		json_decref(ret);
		return STATUS_OK;
	}
	json_decref(ret);
	r = wait_for(c, number, ms);
	return r ? report(c, r) : STATUS_HOST;
}

/* ---- memory ---- */

/* A size as of --memory; -1: said so. */
static long long size_of(const char *command, const char *text)
{
	struct hypar_err why = { 0 };
	const char *at = text;
	uint64_t v;

	if (!opt_size(&at, &v, &why) && !*at)
		return (long long)v;
	term_say("ctl: %s \"%.40s\": %s", command, text, *why.text ? why.text : "not a size");
	return -1;
}

int ctl_add_memory(struct ctl *c)
{
	long long size = size_of("add-memory", c->words[0]), node = 0;
	json_t *args;

	if (size < 0 || (c->node && !ctl_digits("--node", c->node, &node)))
		return STATUS_USAGE;
	args = json_pack("{s:I,s:I}", "size", (json_int_t)size, "node", (json_int_t)node);
	if (c->id)
		json_object_set_new(args, "id", json_string(c->id));
	return ask(c, "x-hypar-add-memory", args);
}

int ctl_remove_memory(struct ctl *c)
{
	bool is_id = *c->words[0] < '0' || *c->words[0] > '9';
	long long size;
	json_t *args;

	if (is_id && c->at) {
		term_say("ctl: --at needs a size, not \"%.40s\"", c->words[0]);
		return STATUS_USAGE;
	}
	if (is_id)
		return ask(c, "x-hypar-remove-memory", json_pack("{s:s}", "id", c->words[0]));
	size = size_of("remove-memory", c->words[0]);
	if (size < 0)
		return STATUS_USAGE;
	args = json_pack("{s:I}", "size", (json_int_t)size);
	if (c->at)
		json_object_set_new(args, "address", json_string(c->at));
	return ask(c, "x-hypar-remove-memory", args);
}

/* ---- the others ---- */

/* The word is a number, which is argument @name. */
static int ask_number(struct ctl *c, const char *command, const char *name)
{
	long long n;

	if (!ctl_digits("N", c->words[0], &n))
		return STATUS_USAGE;
	return ask(c, command, json_pack("{s:I}", name, (json_int_t)n));
}

int ctl_add_cpu(struct ctl *c)
{
	return ask_number(c, "x-hypar-add-cpus", "count");
}

int ctl_remove_cpu(struct ctl *c)
{
	return ask_number(c, "x-hypar-remove-cpus", "count");
}

int ctl_add_phb(struct ctl *c)
{
	return ask_number(c, "x-hypar-add-phb", "index");
}

int ctl_remove_phb(struct ctl *c)
{
	return ask_number(c, "x-hypar-remove-phb", "index");
}

/* Does @spec name a virtual adapter? */
static bool is_adapter(const char *spec)
{
	return strstr(spec, ",if=vscsi") || strstr(spec, ",if=veth") ||
	       !strncmp(spec, "device,vty", 10);
}

static int add_device(struct ctl *c, bool slot)
{
	if (is_adapter(c->words[0]) != slot) {
		term_say("ctl: \"%.60s\" is %s: %s adds it", c->words[0],
			 slot ? "a PCI device" : "a virtual adapter",
			 slot ? "add-pci" : "add-slot");
		return STATUS_USAGE;
	}
	return ask(c, "x-hypar-add-device", json_pack("{s:s}", "spec", c->words[0]));
}

int ctl_add_pci(struct ctl *c)
{
	return add_device(c, false);
}

int ctl_add_slot(struct ctl *c)
{
	return add_device(c, true);
}

int ctl_remove_pci(struct ctl *c)
{
	return ask(c, "x-hypar-remove-device",
		   json_pack("{s:s,s:b}", "id", c->words[0], "surprise", c->surprise != NULL));
}

int ctl_freeze_pci(struct ctl *c)
{
	json_t *ret = ctl_execute(c->client, "x-hypar-freeze-device",
				  json_pack("{s:s}", "id", c->words[0]));

	if (ret && !ctl_print_json(c, ret))
		json_decref(ret);
	return ret ? STATUS_OK : STATUS_HOST;
}

int ctl_remove_slot(struct ctl *c)
{
	return ctl_remove_pci(c);
}

/* ---- NVDIMMs ---- */

int ctl_add_nvdimm(struct ctl *c)
{
	return ask(c, "x-hypar-add-nvdimm", json_pack("{s:s}", "spec", c->words[0]));
}

int ctl_remove_nvdimm(struct ctl *c)
{
	return ask(c, "x-hypar-remove-nvdimm", json_pack("{s:s}", "id", c->words[0]));
}

static void print_health(const char *hex)
{
	static const char *const meaning[HYPAR_NVDIMM_HEALTH_BITS] = {
		"cannot persist contents",
		"contents were not saved or restored",
		"contents are those of the last start",
		"no contents of the last start",
		"life remaining is critically low",
		"will be guarded off",
		"contents cannot persist: failing",
		"contents cannot persist in certain conditions",
		"encrypted",
		"erased",
		"saving failed",
	};
	unsigned long long v = strtoull(hex, NULL, 0);

	printf("%s\n", hex);
	for (unsigned int i = 0; i < HYPAR_NVDIMM_HEALTH_BITS; i++)
		if (v >> (63 - i) & 1)
			printf("%2u  %s\n", i, meaning[i]);
}

int ctl_nvdimm_health(struct ctl *c)
{
	bool set = c->n_words == 3 && !strcmp(c->words[1], "set");
	json_t *args, *ret;
	long long bit = 0;

	if (c->n_words == 2 || (c->n_words == 3 && !set && strcmp(c->words[1], "clear") != 0)) {
		term_say("ctl: nvdimm-health takes an id, and perhaps set or clear and a bit");
		return STATUS_USAGE;
	}
	if (c->n_words == 3 && !ctl_digits("BIT", c->words[2], &bit))
		return STATUS_USAGE;
	args = json_pack("{s:s}", "id", c->words[0]);
	if (c->n_words == 3)
		json_object_set_new(args, set ? "set" : "clear", json_integer(bit));
	ret = ctl_execute(c->client, "x-hypar-nvdimm-health", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	print_health(ctl_text(ret, "health"));
	json_decref(ret);
	return STATUS_OK;
}

/* ---- what there is ---- */

static void print_connector(json_t *d)
{
	const char *call = ctl_text(d, "last-call");

	printf("%s  %-10s %-10s %-5s %5lld  %-12s %s%s%s%s\n", ctl_text(d, "index") + 2,
	       ctl_text(d, "name"), ctl_text(d, "state"), ctl_text(d, "owner"),
	       ctl_number(d, "power"), ctl_text(d, "resource"), call, *call ? " -> " : "",
	       ctl_text(d, "last-status"),
	       json_is_true(json_object_get(d, "wanted-back")) ? " (wanted back)" : "");
}

int ctl_drc(struct ctl *c)
{
	json_t *args = json_object(), *ret, *d;
	long long left_out = 0;
	size_t i;

	if (c->n_words)
		json_object_set_new(args, "type", json_string(c->words[0]));
	ret = ctl_execute(c->client, "x-hypar-query-connectors", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	printf("INDEX     NAME       STATE      OWNER POWER  RESOURCE     LAST ASKED -> TOLD\n");
	json_array_foreach(ret, i, d)
	{
		if (c->n_words || json_is_true(json_object_get(d, "attached")) ||
		    ctl_number(d, "calls"))
			print_connector(d);
		else
			left_out++;
	}
	if (left_out)
		printf("and %lld that are empty\n", left_out);
	json_decref(ret);
	return STATUS_OK;
}

static void print_request(json_t *r)
{
	printf("%7lld  %-6s %-6s %-9s %5lld of %-5lld %8.1f s  %s%s%s\n", ctl_number(r, "request"),
	       ctl_text(r, "action"), ctl_text(r, "type"), ctl_text(r, "state"),
	       ctl_number(r, "done"), ctl_number(r, "wanted"),
	       (double)ctl_number(r, "age-ms") / 1000, ctl_text(r, "what"),
	       *ctl_text(r, "why") ? ": " : "", ctl_text(r, "why"));
}

int ctl_events(struct ctl *c)
{
	bool cancel = c->n_words && !strcmp(c->words[0], "cancel");
	json_t *args = json_object(), *ret, *r;
	long long n = 0;
	size_t i;

	if ((c->n_words == 2) != cancel) {
		term_say("ctl: events takes a number, or \"cancel\" and a number");
		json_decref(args);
		return STATUS_USAGE;
	}
	if (c->n_words && !ctl_digits("request", c->words[c->n_words - 1], &n)) {
		json_decref(args);
		return STATUS_USAGE;
	}
	if (c->n_words)
		json_object_set_new(args, "request", json_integer(n));
	ret = ctl_execute(c->client, cancel ? "x-hypar-cancel-request" : "x-hypar-query-requests",
			  args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	if (!cancel)
		printf("REQUEST  ACTION TYPE   STATE     DONE              AGE      WHAT\n");
	json_array_foreach(ret, i, r) print_request(r);
	if (json_object_get(ret, "request"))
		print_request(ret);
	json_decref(ret);
	return STATUS_OK;
}

/* ---- injections ---- */

static int list_injections(struct ctl *c)
{
	json_t *ret = ctl_execute(c->client, "x-hypar-query-injections", NULL), *o, *status;
	size_t i;

	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	printf("ID   CALL                      STATUS  DELAY US  LEFT  HITS  DRC\n");
	json_array_foreach(ret, i, o)
	{
		bool over = json_is_true(json_object_get(o, "over"));
		char text[24] = "-", left[24];

		status = json_object_get(o, "status");
		if (status)
			snprintf(text, sizeof(text), "%lld", json_integer_value(status));
		snprintf(left, sizeof(left), "%lld", ctl_number(o, "left"));
		printf("%-4lld %-25s %6s  %8lld  %4s  %4lld  %s\n", ctl_number(o, "id"),
		       ctl_text(o, "call"), text, ctl_number(o, "delay-us"),
		       !over && !ctl_number(o, "left") ? "all" : left, ctl_number(o, "hits"),
		       ctl_text(o, "drc"));
	}
	json_decref(ret);
	return STATUS_OK;
}

static int clear_injections(struct ctl *c)
{
	json_t *args = json_object(), *ret;
	long long id;

	if (c->n_words > 1 && !ctl_digits("ID", c->words[1], &id)) {
		json_decref(args);
		return STATUS_USAGE;
	}
	if (c->n_words > 1)
		json_object_set_new(args, "id", json_integer(id));
	ret = ctl_execute(c->client, "x-hypar-clear-injections", args);
	if (ret && !ctl_print_json(c, ret))
		json_decref(ret);
	return ret ? STATUS_OK : STATUS_HOST;
}

/* Adds a number from an option; false: said so. */
static bool set_number(json_t *args, const char *name, const char *option, const char *text)
{
	long long n;

	if (!text)
		return true;
	if (!ctl_digits(option, text, &n))
		return false;
	json_object_set_new(args, name, json_integer(n));
	return true;
}

int ctl_inject(struct ctl *c)
{
	json_t *args, *ret;

	if (!strcmp(c->words[0], "list") && c->n_words == 1)
		return list_injections(c);
	if (!strcmp(c->words[0], "clear"))
		return clear_injections(c);
	if (c->n_words == 1 && !c->delay) {
		term_say("ctl: inject %.40s: a status or --delay is missing", c->words[0]);
		return STATUS_USAGE;
	}
	args = json_pack("{s:s}", "call", c->words[0]);
	if (c->n_words > 1)
		json_object_set_new(args, "status", json_string(c->words[1]));
	if (c->drc)
		json_object_set_new(args, "drc", json_string(c->drc));
	if (!set_number(args, "count", "--count", c->count) ||
	    !set_number(args, "delay-us", "--delay", c->delay) ||
	    !set_number(args, "skip", "--skip", c->skip)) {
		json_decref(args);
		return STATUS_USAGE;
	}
	ret = ctl_execute(c->client, "x-hypar-inject", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	printf("injection %lld\n", ctl_number(ret, "id"));
	json_decref(ret);
	return STATUS_OK;
}
