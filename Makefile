# SPDX-License-Identifier: Apache-2.0
#
# One non-recursive file of plain GNU Make.
#
#   make               o/rel/hypar, o/rel/libhypar.a, o/rel/libhypar.so
#   make run           set-up, build, fetch Debian, boot it to a shell
#   make rootfs        disks with Debian and its fio in o/rootfs (takes minutes)
#   make check         set-up and every test; the last line is the count
#   make check-long    the same with every boot combination
#   make quick         lint, unit and instruction tests
#   make lint          format, layers, headers, tables, budgets, banned names
#   make m=MODE ...    rel (default) asan ubsan tsan dbg cov fuzz, below o/MODE
#   make CC=clang ...  the other compiler (the tree is rebuilt; B=o/clang keeps both)
#
# Every src/**/*.c goes into the library and every vmm/*.c into the program,
# so a new file needs no line here. Files *.inc and *.def are only included.

m ?= rel
B ?= o/$(m)
V ?=
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(m)),clang,gcc)
endif
ifeq ($(origin AR),default)
AR := ar
endif
PYTHON ?= python3
CROSS ?= powerpc64le-linux-gnu-
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
Q := $(if $(V),,@)
SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:

# ---- flags ----------------------------------------------------------------

WARN := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wshadow -Wundef -Wvla -Wpointer-arith \
	-Wwrite-strings -Wcast-qual -Wformat=2 -Wimplicit-fallthrough \
	-Wenum-conversion -Werror
# Folders where no implicit conversion may lose bits.
STRICT := base mem irq papr

HOST := $(shell $(CC) -dumpmachine 2>/dev/null)
ARCH := $(if $(filter x86_64%,$(HOST)),-march=x86-64-v2 -mcx16)

OPT_rel := -O2 -g
OPT_dbg := -O0 -g3
OPT_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
OPT_ubsan := -O1 -g -fsanitize=undefined -fno-sanitize-recover=undefined
OPT_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
OPT_cov := -O0 -g --coverage
OPT_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=undefined
LINK_asan := -fsanitize=address,undefined
LINK_ubsan := -fsanitize=undefined
LINK_tsan := -fsanitize=thread
LINK_cov := --coverage
LINK_fuzz := -fsanitize=address,undefined
# Instrumentation makes gcc see paths that are not there.
ifneq ($(filter asan ubsan tsan cov,$(m)),)
WARN += -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=array-bounds
# Fences order accesses to guest memory, which tsan does not look at.
WARN += $(if $(filter tsan,$(m)),-Wno-tsan)
ifneq ($(findstring clang,$(CC)),)
WARN += -Wno-unknown-warning-option
endif
endif
ifeq ($(OPT_$(m)),)
$(error m=$(m): not one of rel asan ubsan tsan dbg cov fuzz)
endif

CPPFLAGS += -Isrc -Iinclude
CFLAGS_ALL = -std=gnu17 $(OPT_$(m)) $(ARCH) -fno-common \
	-fPIC -pthread $(WARN) $(CFLAGS)
LDFLAGS_ALL = -pthread $(LINK_$(m)) $(LDFLAGS)
LDLIBS := -lfdt -lslirp -lm
# What the program links besides, and the library does not.
VMM_LIBS := -ljansson

# ---- what there is ---------------------------------------------------------

SRC := $(sort $(shell find src -name '*.c' 2>/dev/null))
VMM := $(sort $(wildcard vmm/*.c))
UNIT := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
INSN := $(sort $(wildcard tests/insn/test_*.c))
FUZZ := $(sort $(wildcard tests/fuzz/fuzz_*.c))
GUEST := $(sort $(wildcard tests/guest/*.S tests/guest/*.c))
GUESTLIB := $(sort $(wildcard tests/guest/lib/*.S tests/guest/lib/*.c))
BOOTPROG := $(sort $(wildcard tests/boot/guest/*.c))
BENCHPROG := $(sort $(wildcard tests/bench/*.c))

SRC_O := $(SRC:%.c=$(B)/%.o)
VMM_O := $(VMM:%.c=$(B)/%.o)
UNIT_X := $(UNIT:%.c=$(B)/%)
INSN_X := $(INSN:%.c=$(B)/%)
FUZZ_X := $(FUZZ:%.c=$(B)/%)
BENCH_X := $(BENCHPROG:%.c=$(B)/%)
GUEST_X := $(addsuffix .elf,$(basename $(GUEST:tests/guest/%=o/guest/%)))
BOOT_X := $(BOOTPROG:tests/boot/guest/%.c=o/guest/boot/%)

LIB := $(B)/libhypar.a
SHLIB := $(B)/libhypar.so
PROG := $(if $(VMM),$(B)/hypar)
# The program without its main, for fuzz targets.
VMMLIB := $(B)/vmm.a

.PHONY: all lib tests guests run check check-long quick lint format docs bench \
	test-unit test-insn test-guest test-boot fuzz install clean distclean help
all: $(LIB) $(SHLIB) $(PROG)
lib: $(LIB)
tests: $(UNIT_X) $(INSN_X) $(FUZZ_X)
guests: $(GUEST_X) $(BOOT_X)

help:
	@sed -n '/^#   make/s/^# //p' Makefile

# ---- compile ---------------------------------------------------------------

# The flags are a prerequisite: another compiler or option rebuilds.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(LDLIBS)
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@
.PHONY: FORCE

say = @printf '  %-5s %s\n' $(1) $(2)

# $(call conv,FILE): -Wconversion where the folder is strict.
conv = $(if $(filter $(STRICT),$(word 2,$(subst /, ,$(1)))),$(if $(filter src/%,$(1)),-Wconversion))

# src/lib defines the public functions; libhypar.map keeps the rest of it in.
vis = -fvisibility=$(if $(filter src/lib/%,$(1)),default,hidden)

# Races in guest memory are the guest's own: with m=tsan what only moves its bytes
# is not instrumented. tests/tsan.supp names what the C library moves.
raw = $(if $(filter tsan,$(m)),$(if $(filter src/cpu/interp/% src/cpu/mmu/access.c src/mem/gmem.c,$(1)),-fno-sanitize=thread))

$(B)/%.o: %.c $(B)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(call vis,$<) $(call raw,$<) $(call conv,$<) -MMD -MP -c -o $@ $<

$(LIB): $(SRC_O)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(SRC_O)

$(SHLIB): $(SRC_O) include/hypar/libhypar.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libhypar.so.0 -Wl,--version-script=include/hypar/libhypar.map \
		$(LDFLAGS_ALL) -o $@ $(SRC_O) $(LDLIBS)

$(VMMLIB): $(filter-out $(B)/vmm/main.o,$(VMM_O))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/hypar: $(VMM_O) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(VMM_O) $(LIB) $(VMM_LIBS) $(LDLIBS)

$(UNIT_X) $(INSN_X): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) -lcmocka $(LDLIBS)

$(BENCH_X): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(LIB) $(LDLIBS)

# A fuzz target is a libFuzzer program with m=fuzz; in every other mode
# replay.c is its main and feeds it the corpus.
ifeq ($(m),fuzz)
$(FUZZ_X): $(B)/%: $(B)/%.o $(VMMLIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $< $(VMMLIB) $(LIB) $(VMM_LIBS) $(LDLIBS)
else
$(FUZZ_X): $(B)/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(VMMLIB) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(B)/tests/fuzz/replay.o $(VMMLIB) $(LIB) $(VMM_LIBS) $(LDLIBS)
endif

# ---- bare-metal guests -----------------------------------------------------

# tests/guest/NAME.S or NAME.c is one guest; a name that ends in _be is built
# big-endian. Files in tests/guest/lib are linked when a guest needs them. A
# first-lines comment "guest-cflags: ..." adds flags to that guest only.
GUEST_CC := $(CROSS)gcc
GUEST_AFLAGS := -Wa,-mpower10 -Wa,-many -Itests/guest -Itests/guest/lib -Isrc
GUEST_CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Werror -mcpu=power9 -mno-vsx -mno-altivec \
	-msoft-float -ffreestanding -fno-builtin -fno-pic -fno-stack-protector \
	-fno-asynchronous-unwind-tables -mabi=elfv2
GUEST_LD := tests/guest/guest.ld
GUEST_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-u,_start \
	-Wl,--no-warn-rwx-segments
own = $(shell sed -n '1,15s/.*guest-cflags:\(.*[^*/ ]\)[ */]*$$/\1/p' $(1))
endian = $(if $(filter %_be,$(basename $(1))),-mbig -mabi=elfv2,-mlittle)

GUESTLIB_LE := $(GUESTLIB:tests/guest/lib/%=o/guest/lib/le/%.o)
GUESTLIB_BE := $(GUESTLIB:tests/guest/lib/%=o/guest/lib/be/%.o)
GUEST_HDR := $(wildcard tests/guest/*.h tests/guest/*.inc tests/guest/lib/*.h tests/guest/lib/*.inc)

o/guest/lib/le/%.o: tests/guest/lib/% $(GUEST_HDR) Makefile
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_AFLAGS) -mlittle -c -o $@ $<
o/guest/lib/be/%.o: tests/guest/lib/% $(GUEST_HDR) Makefile
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_AFLAGS) -mbig -c -o $@ $<
o/guest/lible.a: $(GUESTLIB_LE)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $^
o/guest/libbe.a: $(GUESTLIB_BE)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $^

guestlib = o/guest/lib$(if $(filter %_be,$(basename $(1))),be,le).a
# NAME_be.c and other NAME_*.c may include NAME.c.
base_of = $(wildcard tests/guest/$(firstword $(subst _, ,$(notdir $(basename $(1))))).c)
define guest_rule
o/guest/$(notdir $(basename $(1))).elf: $(1) $(call base_of,$(1)) $(call guestlib,$(1)) $(GUEST_LD) $(GUEST_HDR) Makefile
	$$(call say,GUEST,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS) $$(GUEST_AFLAGS) $(call endian,$(1)) $$(call own,$(1)) \
		$$(GUEST_LDFLAGS) -Wl,-T,$$(GUEST_LD) -o $$@ $(1) $(call guestlib,$(1))
endef
$(foreach g,$(GUEST),$(eval $(call guest_rule,$(g))))

# Linux programs that the boot tests put into their initramfs.
o/guest/boot/%: tests/boot/guest/%.c $(BOOTPROG) Makefile
	$(call say,GUEST,$@)
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) -std=gnu17 -O2 -Wall -Wextra -Werror -static -pthread \
		-mcpu=$(if $(findstring power10,$*),power10,power9) -o $@ $< -lm

# ---- run, test -------------------------------------------------------------

# Set-up may install the compiler, so the build is a second make.
run:
	@tools/setup.sh build
	@$(MAKE) --no-print-directory all
	@tools/ppc64el.py fetch 6.12 busybox
	@tools/mkinitramfs.py -o o/initramfs-run.gz
	@$(B)/hypar run --kernel o/ppc64el/vmlinux-6.12 --initrd o/initramfs-run.gz \
		--append "console=hvc0 quiet" --memory 2G $(RUNFLAGS) || [ $$? = 3 ] # Ctrl-A x

setup-check:
	@tools/setup.sh build check
boot-files: guests
	@tools/ppc64el.py fetch 6.1 6.12 busybox utils slof grub
	@tools/mkinitramfs.py -o o/initramfs-test.gz --tests tests/boot/scripts --programs o/guest/boot \
		--modules virtio_pci,virtio_blk,virtio_net,virtio_rng,virtiofs,ibmvscsi,ibmveth,sd_mod,crc32c_generic,ext4,rpadlpar_io \
		--utils o/ppc64el/root-utils \
		--root o/ppc64el/root-6.1 --root o/ppc64el/root-6.12
rootfs:
	@tools/setup.sh build rootfs
	@$(MAKE) --no-print-directory all
	@tools/ppc64el.py fetch 6.1 6.12 busybox
	@tools/rootfs.py --program $(B)/hypar
	@tools/fio.py
.PHONY: setup-check boot-files rootfs

# Folders of tests that bring their own runner, besides those named here.
EXTRA := $(patsubst tests/%/,%,$(sort $(dir $(wildcard tests/*/run*.py tests/*/run*.sh tests/abi/*/run*.py))))
SUITES := lint unit insn $(filter-out unit insn guest fuzz boot bench,$(EXTRA)) \
	guest fuzz boot asan clang
check check-long: setup-check
	@$(MAKE) --no-print-directory -j2 all tests boot-files
	$(if $(filter check-long,$@),@$(MAKE) --no-print-directory rootfs)
	@$(PYTHON) tests/run.py --build $(B) $(if $(filter check-long,$@),--long) \
		$(SUITES)

quick: all tests
	@$(PYTHON) tests/run.py --build $(B) lint unit insn
test-unit: tests
	@$(PYTHON) tests/run.py --build $(B) unit
test-insn: all tests
	@$(PYTHON) tests/run.py --build $(B) insn
test-guest: all guests
	@$(PYTHON) tests/run.py --build $(B) guest
test-fuzz: tests
	@$(PYTHON) tests/run.py --build $(B) fuzz
test-boot: all boot-files
	@$(PYTHON) tests/run.py --build $(B) boot
.PHONY: test-fuzz

# Really fuzz: each target for FUZZTIME seconds, new inputs into o/corpus.
FUZZTIME ?= 60
fuzz:
	@$(MAKE) --no-print-directory m=fuzz tests
	@set -e; for x in $(FUZZ:tests/fuzz/fuzz_%.c=%); do \
		mkdir -p o/corpus/$$x tests/fuzz/corpus/$$x; \
		o/fuzz/tests/fuzz/fuzz_$$x -max_total_time=$(FUZZTIME) -artifact_prefix=o/corpus/ \
			o/corpus/$$x tests/fuzz/corpus/$$x; done

bench: all
	@tools/ppc64el.py fetch 6.12 busybox
	@tools/mkinitramfs.py -o o/initramfs-bench.gz
	@$(PYTHON) tests/bench/bench.py $(BENCHFLAGS)

lint:
	@$(PYTHON) tools/lint.py

format:
	@$(PYTHON) tools/checkformat.py --fix

docs: $(PROG)
	@$(PYTHON) tools/gendocs.py

# ---- install, clean --------------------------------------------------------

install: all
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) $(DESTDIR)$(includedir)/hypar
	$(if $(PROG),install -m 755 $(PROG) $(DESTDIR)$(bindir)/hypar)
	install -m 644 $(LIB) $(DESTDIR)$(libdir)/libhypar.a
	install -m 755 $(SHLIB) $(DESTDIR)$(libdir)/libhypar.so.0
	ln -sf libhypar.so.0 $(DESTDIR)$(libdir)/libhypar.so
	set -e; for h in include/hypar/*.h; do [ ! -e $$h ] || \
		install -m 644 $$h $(DESTDIR)$(includedir)/hypar/; done
	if [ -e docs/ref/hypar.1 ]; then install -d $(DESTDIR)$(mandir)/man1 && \
		install -m 644 docs/ref/hypar.1 $(DESTDIR)$(mandir)/man1/; fi

# clean keeps what was fetched; distclean does not.
clean:
	rm -rf o/rel o/asan o/ubsan o/tsan o/dbg o/cov o/fuzz o/clang o/guest o/test o/initramfs-*.gz docs/ref
distclean:
	rm -rf o docs/ref

-include $(SRC_O:.o=.d) $(VMM_O:.o=.d) $(UNIT_X:=.d) $(INSN_X:=.d) $(FUZZ_X:=.d) $(BENCH_X:=.d) \
	$(B)/tests/fuzz/replay.d
