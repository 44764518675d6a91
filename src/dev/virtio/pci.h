/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device as a PCI function [VIRTIO 1.2, 4.1], without the legacy
 * interface.
 */
#ifndef HYPAR_DEV_VIRTIO_PCI_H
#define HYPAR_DEV_VIRTIO_PCI_H

#include "dev/pci/pci.h"
#include "dev/virtio/virtio.h"

/*
 * Takes @v over, on success and on failure; the function is to be plugged into
 * a host bridge, and destroyed by device_destroy(&->dev). NULL with *e set.
 */
struct pci_dev *virtio_pci_new(struct virtio_dev *v, struct hypar_err *e);

/* The virtio device behind @d; NULL: it is another kind of function. */
struct virtio_dev *virtio_pci_device(struct pci_dev *d);

#endif
