# ratchet: `make demo` shows it at work, `make check` tests it, `make` builds build/ratchet.
VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build

CC = gcc
PKGS = jansson sdl2 SDL2_ttf sqlite3 libseccomp libzstd libxxhash libpng popt libmd libcurl
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
	log10 log1p log2 pow sin sincos sinh tan tanh exp_data exp2f_data log_data log2_data pow_data \
	__cos __sin __tan __expo2 __rem_pio2 __rem_pio2_large __math_divzero __math_invalid \
	__math_oflow __math_uflow __math_xflow

# A worker has of base/ what an environment needs, and no library of the program's.
ENV_SRC = base/buffer.c base/error.c base/chance.c \
	$(wildcard envs/*.c envs/breakout/*.c envs/classic/*.c) $(MUJOCO_SRC)
PROGRAM_SRC = $(sort $(wildcard base/*.c) $(ENV_SRC)) $(wildcard envs/bridge/*.c sandbox/*.c) \
	$(wildcard runner/*.c runner/*/*.c runner/*/*/*.c)
WORKER_SRC = $(ENV_SRC) $(wildcard sandbox/*.c sandbox/worker/*.c)
PROGRAM_OBJ = $(filter-out $(BUILD)/runner/main_tool.o,$(PROGRAM_SRC:%.c=$(BUILD)/%.o))
# What a sealed agent has of ratchet: `ratchet tool` alone.
TOOL_SRC = runner/main_tool.c $(addprefix runner/cmd/,cmd_tool.c parse.c) \
	$(addprefix base/,buffer.c say.c text.c file.c number.c error.c option.c words.c)
TOOL_OBJ = $(TOOL_SRC:%.c=$(BUILD)/%.o)
WORKER_OBJ = $(WORKER_SRC:%.c=$(BUILD)/%.o)
# libmujoco takes milliseconds to load: workers of other environments do without it.
PLAIN_OBJ = $(BUILD)/plain/env.o $(filter-out $(BUILD)/envs/env.o $(BUILD)/envs/mujoco/%,$(WORKER_OBJ))
WORKERS = $(BUILD)/ratchet-worker $(if $(HAVE_MUJOCO),$(BUILD)/ratchet-worker-mujoco)
PROGRAM_LIBS = $(shell pkg-config --libs $(PKGS)) -lgif $(MUJOCO_LIBS) -ldl -lpthread -lm

# The worker lies at fixed addresses, and Lua hashes its strings with a seed of ours: tables
# are walked in the same order in every process (sandbox/worker/lua_fixed.c,
# sandbox/worker/lua_charged.c).
LUA_A = $(shell pkg-config --variable=libdir lua5.4)/liblua5.4.a
WORKER_LIBS = $(LUA_A) $(BUILD)/math.o -lseccomp -l:libmd.a -ldl -lm
WRAPPED = luaS_hash lua_topointer luaS_new luaS_eqlngstr luaO_str2num luaT_getvarargs luaG_traceexec \
	luaH_getshortstr luaH_getint luaH_getstr luaH_get luaH_finishset luaH_set luaH_setint luaH_getn \
	luaH_next luaO_pushvfstring luaT_gettm luaT_gettmbyobj luaD_precall luaD_pretailcall luaD_call \
	luaD_callnoyield luaS_hashlongstr luaS_newlstr luaF_findupval luaL_tolstring fmod snprintf __snprintf_chk
WORKER_WRAP = $(WRAPPED:%=-Wl,--wrap=%)

.PHONY: all demo demo-run check check-run check-peers check-ale soak fuzz bench bench-ale \
	bench-cluster clean install uninstall tags packages packages-test
.SECONDARY:
all: $(BUILD)/ratchet $(BUILD)/ratchet-tool $(WORKERS)

# A second make reads what the first one has installed.
demo: packages
	@$(MAKE) --no-print-directory all
	$(BUILD)/ratchet improve breakout

check: packages-test
	@$(MAKE) --no-print-directory check-run

bench: all
	$(BUILD)/ratchet bench

# ALE alone in Python, through the bridge, ours: frames a second.
bench-ale: all
	@BUILD=$(BUILD) tests/bench/bridge_speed

# One and two nodes of a Slurm on this machine, and a model of more.
bench-cluster: all
	@BUILD=$(BUILD) tests/bench/cluster

packages:
	@tools/install-packages packages.txt

packages-test: packages
	@tools/install-packages packages-test.txt

# Programs.
$(BUILD)/ratchet: $(BUILD)/runner/main.o $(BUILD)/libratchet.a $(BUILD)/math.o
	$(CC) $(SAN_FLAGS) -rdynamic -o $@ $(PROGRAM_LINK) $(PROGRAM_LIBS)

$(BUILD)/ratchet-tool: $(TOOL_OBJ)
	$(CC) $(SAN_FLAGS) -o $@ $^ $(shell pkg-config --libs jansson popt)

WORKER_LINK = $(CC) $(SAN_FLAGS) -no-pie -rdynamic $(WORKER_WRAP) -o $@ $(filter-out %/math.o,$^)

$(BUILD)/ratchet-worker: $(PLAIN_OBJ) $(BUILD)/math.o
	$(WORKER_LINK) $(WORKER_LIBS)

$(BUILD)/ratchet-worker-mujoco: $(WORKER_OBJ) $(BUILD)/math.o
	$(WORKER_LINK) $(WORKER_LIBS) $(MUJOCO_LIBS)

$(BUILD)/plain/env.o: envs/env.c
	@mkdir -p $(@D)
	@$(CC) $(filter-out -DHAVE_MUJOCO,$(CFLAGS)) -c -o $@ $<

# Whole, so that plug-ins find what the headers declare.
PROGRAM_LINK = $(BUILD)/runner/main.o -Wl,--whole-archive $(BUILD)/libratchet.a \
	-Wl,--no-whole-archive $(BUILD)/math.o

$(BUILD)/libratchet.a: $(filter-out $(BUILD)/runner/main.o,$(PROGRAM_OBJ))
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/math.o: $(MUSL_A) Makefile
	@mkdir -p $(BUILD)/musl
	@cd $(BUILD)/musl && ar x $(MUSL_A) $(MATH_O:%=%.lo)
	ld -r -o $@ $(MATH_O:%=$(BUILD)/musl/%.lo)

$(BUILD)/envs/mujoco/models.o: $(wildcard envs/mujoco/models/*.xml)
$(BUILD)/runner/report/report_assets.o: runner/report/report.css runner/report/report.js
$(BUILD)/runner/model/wire/prices.o: share/prices.json
$(BUILD)/runner/record/published.o: share/atari.tsv

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "cc $<"
	@$(CC) $(CFLAGS) -c -o $@ $<

# Tests. tests/test_X.c is a cmocka program; tests/X.t drives the built program.
TESTS = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
TEST_HELP = $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/test_%,$(wildcard tests/*.c)))
VM_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/worker.c,$(wildcard sandbox/worker/*.c)))
PLUGINS = $(patsubst tests/plugin/%.c,$(BUILD)/tests/%.so,$(wildcard tests/plugin/*.c))
FUZZ = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
# The longest first, for they run two at a time.
SLOW = tests/demo.t tests/clockwork.t tests/reproduce.t
SCRIPTS = $(SLOW) $(filter-out $(SLOW),$(wildcard tests/*.t))

TEST_LINK = $(CC) $(SAN_FLAGS) -no-pie -rdynamic -o $@ $^ -lcmocka $(PROGRAM_LIBS)

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(TEST_HELP) $(BUILD)/libratchet.a \
		$(BUILD)/math.o
	@echo "ld $@"
	@$(TEST_LINK)

# What tests a policy's VM is linked as the worker is.
VM_TESTS = $(addprefix $(BUILD)/tests/test_,vm vision charges)
$(VM_TESTS): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(VM_OBJ) $(BUILD)/libratchet.a \
		$(LUA_A) $(BUILD)/math.o
	@echo "ld $@"
	@$(TEST_LINK) $(WORKER_WRAP)

# What plays episodes finds the worker beside itself, as the program does.
PLAY_TESTS = $(addprefix $(BUILD)/tests/test_,memo memo_ends cases budget verdicts)
$(PLAY_TESTS): | $(BUILD)/tests/ratchet-worker $(BUILD)/tests/falls.so

$(BUILD)/tests/ratchet-worker: $(BUILD)/ratchet-worker
	@mkdir -p $(@D)
	@ln -sf ../ratchet-worker $@

# A worker whose policy can call C, to show what the jail holds once the VM is broken.
ESCAPE_OBJ = $(patsubst %.c,$(BUILD)/tests/escape/%.o,$(addprefix sandbox/worker/,vm.c \
	worker.c) tests/hostile/escape.c)
ifndef SAN
ESCAPE = $(BUILD)/tests/escape/ratchet-worker
endif

$(BUILD)/tests/escape/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -DRATCHET_TEST_ESCAPE -c -o $@ $<

$(BUILD)/tests/escape/ratchet-worker: $(ESCAPE_OBJ) $(BUILD)/math.o \
		$(filter-out $(addprefix $(BUILD)/sandbox/worker/,vm.o worker.o),$(PLAIN_OBJ))
	@$(CC) -no-pie -rdynamic $(WORKER_WRAP) -o $@ \
		$(filter %.o,$(filter-out %/math.o,$^)) $(WORKER_LIBS)

$(BUILD)/tests/%.so: tests/plugin/%.c envs/env.h
	@mkdir -p $(@D)
	@$(CC) -std=c11 -O2 $(WARN) -fPIC -shared -I. -o $@ $<

# The saved inputs of the fuzzers, run through the same entry points without libFuzzer.
$(BUILD)/tests/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/corpus.o \
		$(BUILD)/libratchet.a $(BUILD)/math.o
	@$(CC) $(SAN_FLAGS) -no-pie -o $@ $^ $(PROGRAM_LIBS)

check-run: all $(TESTS) $(PLUGINS) $(FUZZ) $(ESCAPE)
	@BUILD=$(BUILD) HARNESS_RULESFILE=tests/rules.yml prove -j2 --timer --exec tests/run \
		$(TESTS) $(SCRIPTS)

check-peers: packages-test
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) prove --exec tests/run $(wildcard tests/peers/*.t)

# The bridge's alone; its packages are installed when they are missing.
check-ale: packages-test
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) REQUIRE=ale prove --exec tests/run tests/peers/ale.t tests/peers/ram.t \
		$(wildcard tests/peers/bridge*.t)

soak: all $(TESTS) $(ESCAPE)
	@BUILD=$(BUILD) TEST_SECONDS=36000 prove --exec tests/run $(wildcard tests/soak/*.t)

# libFuzzer for SECONDS each, over a copy of the saved inputs.
SECONDS ?= 60
fuzz: all
	@tools/fuzz $(SECONDS)

# Installation.
BRIDGE_DATA = $(wildcard envs/bridge/*.py) $(addprefix envs/bridge/,requirements.txt ram.tsv)
bindir = $(DESTDIR)$(PREFIX)/bin
libexecdir = $(DESTDIR)$(PREFIX)/libexec/ratchet
sharedir = $(DESTDIR)$(PREFIX)/share

install: all
	install -d $(bindir) $(libexecdir) $(sharedir)/ratchet $(sharedir)/man/man1 \
		$(sharedir)/bash-completion/completions
	install -m 755 $(BUILD)/ratchet $(bindir)/ratchet
	install -m 755 $(WORKERS) $(BUILD)/ratchet-tool $(libexecdir)/
	cp -r policies $(sharedir)/ratchet/
	cp -r share/skill AGENTS.md $(sharedir)/ratchet/
	install -d $(sharedir)/ratchet/bridge
	install -m 644 $(BRIDGE_DATA) $(sharedir)/ratchet/bridge/
	$(BUILD)/ratchet --man >$(sharedir)/man/man1/ratchet.1
	$(BUILD)/ratchet --completion >$(sharedir)/bash-completion/completions/ratchet

uninstall:
	rm -f $(bindir)/ratchet $(sharedir)/man/man1/ratchet.1 \
		$(sharedir)/bash-completion/completions/ratchet
	rm -rf $(libexecdir) $(sharedir)/ratchet

tags:
	@tools/compile-commands '$(CC) $(CFLAGS)' $(PROGRAM_SRC) $(WORKER_SRC) >compile_commands.json

clean:
	rm -rf $(BUILD)

-include $(PROGRAM_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(WORKER_OBJ:.o=.d) $(BUILD)/plain/env.d $(ESCAPE_OBJ:.o=.d) $(wildcard $(BUILD)/tests/*.d $(BUILD)/tests/*/*.d)
