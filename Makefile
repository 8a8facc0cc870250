# Crash logs that survive: one target per intent. "make help" lists them.
ARCH ?= x86_64
.DEFAULT_GOAL := help
.PHONY: help setup kernel baseline refresh apply check check-all check-quick matrix kunit torture lint bisect bench next picture scenarios clean mail check-mail docs check-configs check-defconfig

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo "ARCH=x86_64|arm64 chooses the architecture, LINUX_SRC=/path a kernel tree of yours."

setup: ## install what is needed (Debian, as root), or say what is missing
	@scripts/setup

kernel: setup ## build the test kernel: build/x86_64/bzImage or build/arm64/Image
	@scripts/build-kernel $(ARCH)

baseline: setup ## the same kernel without the series, under build/base-ARCH/
	@scripts/build-kernel --base $(ARCH)

refresh: ## overlay folders and edits in build/tree -> patches/
	@scripts/refresh

apply: ## apply the series to your own kernel: make apply TREE=/path
	@scripts/apply $(TREE)

check: ## everything that must hold before a change lands
	@scripts/check

check-all: ## the same with nothing left out: KASAN and lockdep, each crash on each disk, all of it on arm64, too
	@ALL=1 scripts/check

check-quick: ## the queue, and the scenarios on x86_64
	@scripts/check --quick

kunit: setup ## the KUnit suites on UML (scripts/kunit --help for others)
	@scripts/kunit

matrix: setup ## every kind of crash on every disk and architecture, as one table
	@scripts/matrix

torture: setup ## 200 random crashes in a row, then power cuts on a simulated disk
	@scripts/torture

lint: setup ## checkpatch, kernel-doc, W=1, sparse, coccicheck, options, pages, shellcheck
	@scripts/lint

check-configs: ## each combination of the series' options builds, also on 32 bits and big endian
	@scripts/check-configs

check-defconfig: ## x86_64_defconfig and arm64's build with the series and save a panic
	@scripts/check-defconfig

bisect: setup ## each prefix of the series builds without a warning
	@scripts/check-bisect

mail: setup ## the mails for the kernel's lists, in build/mail; sends nothing (scripts/mail --help)
	@scripts/mail

check-mail: setup ## that thread is complete, applies, builds, and is to the right people
	@scripts/check-mail

docs: setup ## the pages of Documentation as HTML: build/docs/index.html
	@scripts/prepare-tree && scripts/check-docs

bench: setup ## measure both kernels, check the budgets: Documentation/bench.md
	@scripts/bench

next: setup ## the same on the newest kernel of Debian's backports: next/README.md
	@TARGET=next scripts/check

picture: kernel ## draw the picture in the README anew
	@scripts/picture

scenarios: ## all QEMU scenarios on ARCH
	@./run-qemu.sh $(ARCH) $$(./run-qemu.sh --list | awk '{print $$1}')

clean: ## remove what was built, but keep the kernel source and the compiler cache
	rm -rf build/x86_64* build/arm64 build/base-* build/tests build/prefix build/tree build/linux/obj-*
