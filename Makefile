# ratchet: `make demo` shows it at work, `make check` tests it, `make` builds build/ratchet.
VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build

CC = gcc
PKGS = jansson sdl2 SDL2_ttf sqlite3 libseccomp libzstd libxxhash libpng popt libmd gsl libcurl
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) lua5.4)
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
OPT ?= -O2 -g
CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) -ffp-contract=off $(WARN) -I. -MMD -MP \
	-DRATCHET_VERSION='"$(VERSION)"' $(MUJOCO_CFLAGS) $(SAN_FLAGS) $(PKG_CFLAGS)

ifdef SAN
BUILD := $(BUILD)/san
SAN_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -DRATCHET_SANITIZED
endif

# MuJoCo is optional: without it, its tasks are missing and `ratchet envs` says so.
HAVE_MUJOCO = $(wildcard /usr/include/mujoco/mujoco.h)
ifneq ($(HAVE_MUJOCO),)
MUJOCO_CFLAGS = -DHAVE_MUJOCO
MUJOCO_LIBS = -lmujoco
MUJOCO_SRC = $(wildcard envs/mujoco/*.c)
endif

# Mathematical functions that give the same bits on every x86-64: musl's, which do not look at
# the processor. They stand before the C library's wherever our programs are linked.
MUSL_A = /usr/lib/x86_64-linux-musl/libc.a
MATH_O = acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp exp2 expm1 fmod hypot floor scalbn fabs sqrt log \
	log10 log1p log2 pow sin sinh tan tanh exp_data exp2f_data log_data log2_data pow_data \
	__cos __sin __tan __expo2 __rem_pio2 __rem_pio2_large __math_divzero __math_invalid \
	__math_oflow __math_uflow __math_xflow

ENV_SRC = $(wildcard envs/*.c) $(MUJOCO_SRC)
PROGRAM_SRC = $(ENV_SRC) $(addprefix sandbox/,wire.c job.c jail.c limits.c) \
	$(wildcard runner/*.c runner/*/*.c)
WORKER_SRC = $(ENV_SRC) $(wildcard sandbox/*.c) runner/record/tape.c
PROGRAM_OBJ = $(PROGRAM_SRC:%.c=$(BUILD)/%.o)
WORKER_OBJ = $(WORKER_SRC:%.c=$(BUILD)/%.o)
PROGRAM_LIBS = $(shell pkg-config --libs $(PKGS)) -lgif $(MUJOCO_LIBS) -ldl -lpthread -lm

# The worker lies at fixed addresses, and Lua hashes its strings with a seed of ours: tables
# are walked in the same order in every process (sandbox/lua_fixed.c).
LUA_A = $(shell pkg-config --variable=libdir lua5.4)/liblua5.4.a
WORKER_LIBS = $(LUA_A) $(BUILD)/math.o -lseccomp $(MUJOCO_LIBS) -ldl -lm
WORKER_WRAP = -Wl,--wrap=luaS_hash -Wl,--wrap=lua_topointer

.PHONY: all demo check bench clean install uninstall tags packages packages-test
all: $(BUILD)/ratchet $(BUILD)/ratchet-worker

$(BUILD)/ratchet: $(PROGRAM_OBJ) $(BUILD)/math.o
	$(CC) $(SAN_FLAGS) -rdynamic -o $@ $^ $(PROGRAM_LIBS)

$(BUILD)/ratchet-worker: $(WORKER_OBJ) $(BUILD)/math.o
	$(CC) $(SAN_FLAGS) -no-pie -rdynamic $(WORKER_WRAP) -o $@ $(WORKER_OBJ) $(WORKER_LIBS)

$(BUILD)/math.o: $(MUSL_A)
	@mkdir -p $(BUILD)/musl
	cd $(BUILD)/musl && ar x $(MUSL_A) $(MATH_O:%=%.lo)
	ld -r -o $@ $(MATH_O:%=$(BUILD)/musl/%.lo)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

packages:
	@tools/install-packages packages.txt

packages-test: packages
	@tools/install-packages packages-test.txt

clean:
	rm -rf $(BUILD)

-include $(PROGRAM_OBJ:.o=.d) $(WORKER_OBJ:.o=.d)
