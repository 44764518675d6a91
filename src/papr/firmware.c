// SPDX-License-Identifier: Apache-2.0
/*
 * The machine's firmware: loading the kernel, its entry by Open Firmware or by
 * flat tree [feature list of the boot: docs/ARCHITECTURE.md], and the two
 * hypercalls that reach it.
 */
#include "papr/firmware.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "papr/dr/mem.h"
#include "papr/guest_tree.h"
#include "papr/hcall.h"
#include "papr/papr.h"

#define CAS_TREE_VERSION 1u

/* ---- Open Firmware client callbacks: on the boot vCPU's thread ---- */

static size_t of_write(void *opaque, const void *buf, size_t n)
{
	struct papr *p = opaque;

	return p->cfg.host->console_write ? p->cfg.host->console_write(p->cfg.opaque, 0, buf, n) :
					    n;
}

static size_t of_read(void *opaque, void *buf, size_t n)
{
	struct papr *p = opaque;

	return vty_read(&p->vty[0], buf, n);
}

static int of_cas(void *opaque, gpa vec)
{
	return papr_cas(opaque, vec);
}

static bool of_instantiate_rtas(void *opaque, gpa base, u32 *entry)
{
	if (!papr_rtas_instantiate(opaque, base))
		return false;
	*entry = (u32)base.v;
	return true;
}

static void of_exit(void *opaque)
{
	struct papr *p = opaque;

	partition_request(p->partition, PARTITION_OS_TERM,
			  "the boot program gave up (Open Firmware exit)");
}

static void of_boot(void *opaque, const char *spec)
{
	struct papr *p = opaque;

	(void)spec;
	partition_request(p->partition, PARTITION_RESET, NULL);
}

/* Our firmware hands its tree over as one in the guest does. */
static void of_quiesce(void *opaque)
{
	struct papr *p = opaque;
	struct hypar_err e = { 0 };
	size_t size;
	void *blob;
	int ret = ofw_flatten(p->ofw, &blob, &size, &e);

	if (!ret)
		ret = guest_tree_set_locked(p, blob, size, &e);
	if (ret)
		papr_log(p, "firmware: %s", e.text);
	papr_log(p, "firmware: the kernel took over");
}

static u64 of_milliseconds(void *opaque)
{
	const struct papr *p = opaque;

	return partition_timebase(p->partition) / 512000;
}

static void of_trace(void *opaque, const char *line)
{
	papr_trace(opaque, HYPAR_TRACE_OF, "%s", line);
}

static const struct ofw_ops of_ops = {
	.write = of_write,
	.read = of_read,
	.cas = of_cas,
	.instantiate_rtas = of_instantiate_rtas,
	.quiesce = of_quiesce,
	.exit = of_exit,
	.boot = of_boot,
	.milliseconds = of_milliseconds,
	.trace = of_trace,
};

/* The boot vCPU in the state of an entry: real mode, 64-bit, big-endian. */
static void enter(struct papr *p, u64 r3, u64 r4, u64 r5)
{
	struct vcpu *v = partition_next_vcpu(p->partition, 0);

	if (!v)
		return; /* papr_firmware_start() has looked */
	/* a stopped vCPU always starts */
	(void)vcpu_start(v, p->kernel.entry.v, r3, p->cfg.flat_tree && p->kernel.is_le);
	v->cpu.gpr[1] = PAPR_FW_STACK;
	v->cpu.gpr[4] = r4;
	v->cpu.gpr[5] = r5;
}

/* r3, r4: the initrd; r5: the client interface [feature map: entry style A]. */
static int start_by_of(struct papr *p, const void *fdt, size_t size, struct hypar_err *e)
{
	const struct ofw_range reserved[] = {
		{ gpa_of(0), PAPR_FW_END }, /* vectors, the entry code and the stack */
		{ p->kernel.base, p->kernel.size },
		{ p->initrd.base, p->initrd.size },
	};
	struct ofw_config cfg = {
		.mem = p->partition->mem,
		.ops = &of_ops,
		.opaque = p,
		.fdt = fdt,
		.fdt_size = size,
		.ram_size = papr_mem_contiguous(p),
		.reserved = reserved,
		.n_reserved = p->initrd.size ? 3 : 2,
		.trace = papr_traces(p, HYPAR_TRACE_OF),
	};

	p->ofw = ofw_new(&cfg, e);
	if (!p->ofw)
		return -EINVAL;
	if (!gmem_write(p->partition->mem, gpa_of(PAPR_FW_BASE), ofw_entry_code,
			sizeof(ofw_entry_code)))
		return err_set(e, -EFAULT, "no RAM for the firmware's entry");
	enter(p, p->initrd.base.v, p->initrd.size, PAPR_FW_BASE);
	return 0;
}

/* r3: the tree, r4: the kernel, r5 = 0. The tree lies below RTAS. */
static int start_by_flat_tree(struct papr *p, const void *fdt, size_t size, struct hypar_err *e)
{
	gpa at = gpa_of((PAPR_FLAT_RTAS_BASE - size) & ~0xffffULL);

	if (!gmem_write(p->partition->mem, at, fdt, size))
		return err_set(e, -EFAULT, "no RAM for the device tree");
	enter(p, at.v, p->kernel.base.v, 0);
	return 0;
}

/*
 * Firmware of the guest's own, as QEMU enters SLOF: at 0x100 of its image at 0,
 * with the tree's address in r3. Its RTAS and its client interface are its own.
 */
static int start_by_firmware(struct papr *p, const void *fdt, size_t size, struct hypar_err *e)
{
	u64 top = p->cfg.memory < PAPR_SLOF_TREE_TOP ? p->cfg.memory : PAPR_SLOF_TREE_TOP;
	gpa at = gpa_of(top - GUEST_TREE_MAX);

	if (!gmem_write(p->partition->mem, at, fdt, size))
		return err_set(e, -EFAULT, "no RAM for the device tree");
	(void)vcpu_start(partition_next_vcpu(p->partition, 0), FW_FIRMWARE_ENTRY, at.v, false);
	return 0;
}

/* Into RAM that is zero. On failure *option names the one to blame. */
static int load_files(struct papr *p, const char **option, struct hypar_err *e)
{
	struct gmem *m = p->partition->mem;
	int ret = 0;

	p->kernel = p->initrd = (struct fw_loaded){ 0 };
	*option = "--firmware";
	if (p->cfg.firmware)
		ret = fw_load_firmware(m, p->cfg.firmware, FW_KERNEL_BASE, e);
	if (ret || !p->cfg.kernel)
		return ret;
	*option = "--kernel";
	ret = fw_load_kernel(m, p->cfg.kernel, &p->kernel, e);
	if (ret || !p->cfg.initrd)
		return ret;
	*option = "--initrd";
	return fw_load_initrd(m, p->cfg.initrd, gpa_of(p->kernel.base.v + p->kernel.size),
			      &p->initrd, e);
}

int papr_check_files(struct papr *p, struct hypar_err *e)
{
	struct hypar_err why = { 0 };
	const char *option;
	int ret = load_files(p, &option, &why);

	gmem_clear(p->partition->mem);
	return ret ? err_set(e, ret, "%s %s", option, why.text) : 0;
}

int papr_firmware_start(struct papr *p, struct hypar_err *e)
{
	const char *option;
	void *fdt = NULL;
	size_t size;
	int ret;

	if (!partition_next_vcpu(p->partition, 0))
		return err_set(e, -ENOMEM, "no vCPU could be made");
	ofw_free(p->ofw);
	p->ofw = NULL;
	ret = load_files(p, &option, e);
	if (!ret && p->cfg.flat_tree && !papr_rtas_instantiate(p, gpa_of(PAPR_FLAT_RTAS_BASE)))
		ret = err_set(e, -EFAULT, "no RAM for RTAS");
	if (!ret) {
		papr_mem_set_rma(p);
		ret = papr_fdt_build(p, &fdt, &size, e);
	}
	if (ret)
		return ret;
	ret = p->cfg.firmware  ? start_by_firmware(p, fdt, size, e) :
	      p->cfg.flat_tree ? start_by_flat_tree(p, fdt, size, e) :
				 start_by_of(p, fdt, size, e);
	free(fdt);
	return ret;
}

hstatus h_vof_client(struct vcpu *v, const struct H_VOF_CLIENT_in *in, struct H_VOF_CLIENT_out *out)
{
	struct papr *p = papr_of(v);
	int ret;

	(void)out;
	if (!p->ofw)
		return H_FUNCTION;
	pthread_mutex_lock(&p->lock);
	ret = ofw_call(p->ofw, gpa_of(in->args));
	pthread_mutex_unlock(&p->lock);
	/* r3 is the client interface's result, 0 or -1: the same numbers as two statuses */
	return ret ? H_HARDWARE : H_SUCCESS;
}

/*
 * For firmware in the guest [KVMPPC H_CAS]: the vectors, and then the new tree at
 * @in->fdt behind a word with its version. Without a buffer the vectors alone.
 */
hstatus h_cas(struct vcpu *v, const struct H_CAS_in *in, struct H_CAS_out *out)
{
	struct papr *p = papr_of(v);
	struct gmem *m = p->partition->mem;
	struct hypar_err e = { 0 };
	void *fdt = NULL;
	size_t size = 0;
	bool ok;

	(void)out;
	pthread_mutex_lock(&p->lock);
	ok = !papr_cas(p, gpa_of(in->vec));
	if (ok && in->fdt_size)
		ok = !papr_fdt_build(p, &fdt, &size, &e) && size + 4 <= in->fdt_size &&
		     gmem_ok(m, gpa_of(in->fdt), size + 4) &&
		     gmem_st_be32(m, gpa_of(in->fdt), CAS_TREE_VERSION) &&
		     gmem_write(m, gpa_of(in->fdt + 4), fdt, size);
	pthread_mutex_unlock(&p->lock);
	free(fdt);
	return ok ? H_SUCCESS : H_HARDWARE;
}
