/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device paths [IEEE 1275 4.3]: /name@unit:args/..., or an alias in the place
 * of the first component. A component without a unit address names the first
 * child with that name; leading zeros and the case of a unit address do not
 * matter.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fw/ofw/tree.h"

#define ALIAS_LEVELS 4

/* Compares unit addresses of @n and @m bytes. */
static bool same_unit(const char *a, size_t n, const char *b, size_t m)
{
	while (n > 1 && *a == '0') {
		a++;
		n--;
	}
	while (m > 1 && *b == '0') {
		b++;
		m--;
	}
	return n == m && !strncasecmp(a, b, n);
}

/* Does the component of @n bytes at @s (without arguments) name @node? */
static bool names(const struct ofw_node *node, const char *s, size_t n)
{
	const char *at = memchr(s, '@', n);
	size_t base = strcspn(node->name, "@");
	size_t len = at ? (size_t)(at - s) : n;
	const char *unit = node->name + base;

	if (len && (len != base || memcmp(s, node->name, len)))
		return false;
	if (!at)
		return true;
	if (!*unit)
		return false;
	return same_unit(at + 1, n - len - 1, unit + 1, strlen(unit + 1));
}

static struct ofw_node *walk(struct ofw_node *n, const char *path)
{
	while (n && *path) {
		size_t whole = strcspn(path, "/");
		size_t len = strcspn(path, "/:");
		struct ofw_node *c = n->child;

		if (len) {
			while (c && !names(c, path, len))
				c = c->next;
			n = c;
		}
		path += whole;
		path += *path == '/';
	}
	return n;
}

/* The text of a property; NULL if it is none. */
static const char *text_of(const struct ofw_node *n, const char *name)
{
	const struct ofw_prop *p = n ? ofw_node_prop(n, name) : NULL;

	return p && p->len && !p->data[p->len - 1] ? (const char *)p->data : NULL;
}

/* Puts the alias that begins @path in its full form into @buf. */
static bool expand(const struct ofw_tree *t, const char *path, char *buf, size_t size)
{
	size_t n = strcspn(path, "/:");
	char name[OFW_NAME_MAX];
	const char *full;
	int len;

	if (!n || n >= sizeof(name))
		return false;
	memcpy(name, path, n);
	name[n] = 0;
	full = text_of(walk(ofw_tree_root(t), "aliases"), name);
	if (!full || !strcmp(name, "name"))
		return false;
	len = snprintf(buf, size, "%s%s", full, path + n);
	return len > 0 && (size_t)len < size;
}

struct ofw_node *ofw_tree_find(const struct ofw_tree *t, const char *path, const char **args)
{
	char buf[2][OFW_PATH_MAX];
	const char *last = strrchr(path, '/');

	if (args) {
		const char *colon = strchr(last ? last : path, ':');

		*args = colon ? colon + 1 : path + strlen(path);
	}
	for (unsigned int i = 0; *path != '/'; i++) {
		if (i == ALIAS_LEVELS || !expand(t, path, buf[i % 2], sizeof(buf[0])))
			return NULL;
		path = buf[i % 2];
	}
	return walk(ofw_tree_root(t), path + 1);
}

int ofw_node_path(const struct ofw_node *n, char *buf, size_t size)
{
	size_t len = 0, at;

	for (const struct ofw_node *p = n; p->parent; p = p->parent)
		len += strlen(p->name) + 1;
	if (!len) {
		if (size < 2)
			return -1;
		memcpy(buf, "/", 2);
		return 1;
	}
	if (len >= size)
		return -1;
	at = len;
	buf[at] = 0;
	for (const struct ofw_node *p = n; p->parent; p = p->parent) {
		size_t one = strlen(p->name);

		at -= one;
		memcpy(buf + at, p->name, one);
		buf[--at] = '/';
	}
	return (int)len;
}
