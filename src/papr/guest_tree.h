/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree as firmware in the guest left it [KVMPPC_H_UPDATE_DT]: a flat
 * tree that it hands over at quiesce, and that names nodes by phandles which we
 * do not know otherwise. The machine's own firmware hands over its tree as well.
 *
 * Threads: any; papr->lock inside, where it does not say otherwise.
 */
#ifndef HYPAR_PAPR_GUEST_TREE_H
#define HYPAR_PAPR_GUEST_TREE_H

#include "papr/papr.h"

#define GUEST_TREE_MAX (4u << 20) /* bytes */

/*
 * Keeps @blob, which becomes the tree's in any case; a later one takes its
 * place. -EINVAL: not a tree; the one before stays.
 */
int guest_tree_set(struct papr *p, void *blob, size_t size, struct hypar_err *e);

/* The same with papr->lock held: from a call of the machine's own firmware. */
int guest_tree_set_locked(struct papr *p, void *blob, size_t size, struct hypar_err *e);

/* None any more: the machine starts anew. */
void guest_tree_drop(struct papr *p);

/* A copy for the caller to free. -ENOENT: there is none. */
int guest_tree_copy(struct papr *p, void **blob, size_t *size, struct hypar_err *e);

/*
 * The interrupt controller's phandle in the guest's tree: what nodes added
 * later have to name. PAPR_PHANDLE_PIC if the guest has shown none. No lock.
 */
u32 guest_tree_pic(const struct papr *p);

#endif
