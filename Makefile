# lofpipe: one Makefile, no configure. `make run` and `make test` need nothing but a bare Debian or Ubuntu.
#
#   make            build/lofpipe, build/liblofpipe.a and .so
#   make run        install what is missing, build, enrich samples/ for a look
#   make test       install what is missing, build, every test
#   make check      the same tests, warnings are errors
#   make lint-notes the rules of the catalogue alone
#   make asan       the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
#   make bench      one table of speed and memory, as ratios in one run
#   make relevance  one table of how often the right note is among the five shown; MISSES=1: what stood in its place
#   make install    PREFIX=/usr/local, DESTDIR=
#
# V=1 shows the commands. CC=clang, BUILD=dir and SANITIZE=address,undefined do what they say.

VERSION   := 0.1.0
NOTES     := 2026.11
PREFIX    ?= /usr/local
BUILD     ?= build
MODE      := $(if $(SANITIZE),-O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all,-O3)
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith -Wvla \
             -Wformat=2 -Wwrite-strings -Wredundant-decls -Wcast-qual -Wno-psabi
CPPFLAGS  += -D_GNU_SOURCE -Isrc -I$(BUILD)/gen -DLOF_VERSION='"$(VERSION)"'
CFLAGS    ?= -g
ALL_CFLAGS = -std=c17 $(MODE) $(WARN) $(WERROR) -fPIC -fvisibility=hidden -fstack-protector-strong $(CFLAGS)
DEPS      := jansson libpcre2-8 liblz4
PROGRAM_DEPS := yaml-0.1 gumbo zlib libzstd
DEP_CFLAGS = $(shell pkg-config --cflags $(DEPS) $(PROGRAM_DEPS) 2>/dev/null)
DEP_LIBS   = $(shell pkg-config --libs $(DEPS) 2>/dev/null)
# What only the importers and compressed input need: the library does without, and no alert waits for it to be loaded.
PROGRAM_LIBS = -Wl,-Bstatic $(shell pkg-config --libs $(PROGRAM_DEPS) 2>/dev/null) -lcsv -Wl,-Bdynamic
Q         := $(if $(V),,@)

# One file of C++ (import/toml.cc), and so the linker is asked through the C++ compiler. Its run-time library is linked
# in: loading the shared one would double the start-up.
ifeq ($(origin CXX),default)
CXX       := $(if $(findstring clang,$(CC)),clang++,g++)
endif
CXX_FLAGS  = -std=c++17 $(MODE) -Wall -Wextra $(WERROR) -fPIC -fvisibility=hidden -fno-exceptions $(CFLAGS)
LINK       = $(CXX) $(MODE) $(CFLAGS) $(LDFLAGS) -static-libstdc++ -static-libgcc
LINK_LIBS  = $(DEP_LIBS) $(PROGRAM_LIBS)

# The rooms, in the order in which they may use each other (tests/lint/layers.sh holds them to it).
ROOMS     := base json rules notes stream import report cli
SRC       := $(foreach r,$(ROOMS),$(sort $(wildcard src/$r/*.c))) $(wildcard src/*.c)
OBJ       := $(SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/src/import/toml.o
MAIN      := $(BUILD)/obj/src/cli/main.o
CORE      := $(filter-out $(MAIN),$(OBJ))
LIBOBJ    := $(filter-out $(addprefix $(BUILD)/obj/src/,cli/% import/% report/% base/addr.o stream/chores.o stream/frame.o \
             stream/lane.o stream/listen.o stream/metrics.o stream/open.o stream/packet.o stream/progress.o stream/pump.o \
             stream/signals.o stream/source.o),$(OBJ))
RULES     := $(sort $(wildcard rules/*.json))
PACKS     := $(sort $(wildcard data/lofp/*.txt) $(wildcard data/catalogue/*.ndjson))
TESTOBJ   := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/unit/*.c)) tests/relevance/measure.c)
REPLAYS   := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/replay-%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

.DELETE_ON_ERROR:
.PHONY: all run test all-tests lint-notes check asan bench relevance install clean deps test-deps lib fuzz

all: $(BUILD)/lofpipe lib $(BUILD)/lofpipe.1

# --- the program -------------------------------------------------------------------------------------------------

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC   $<')
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(DEP_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CXX  $<')
	$(Q)$(CXX) $(CPPFLAGS) $(CXX_FLAGS) $(DEP_CFLAGS) -DTOML_HEADER_ONLY=1 -MMD -MP -c -o $@ $<

# Files that carry others inside them: the format rules, the ATT&CK table, the default index.
$(BUILD)/gen/rules.S: $(RULES) Makefile src/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/embed.sh list lof_embedded_rules $(RULES) > $@
$(BUILD)/gen/attack.S: data/attack/techniques.tsv Makefile src/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/embed.sh blob lof_embedded_attack $< > $@
$(BUILD)/gen/index.S: $(BUILD)/gen/default.lz4 src/embed.sh
	$(Q)sh src/embed.sh blob lof_embedded_index $< > $@
$(BUILD)/gen/noindex.S: src/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/embed.sh blob lof_embedded_index > $@
$(BUILD)/gen/%.o: $(BUILD)/gen/%.S
	$(Q)$(CC) -c -o $@ $<

# What the program carries inside is made by the program itself, from a first build that carries only the sources: the
# tables of the format rules, and the default index.
$(BUILD)/gen/norules.c:
	@mkdir -p $(@D)
	@printf '#include "rules/rules.h"\nextern struct rules lof_builtin_rules;\nstruct rules lof_builtin_rules;\n' > $@
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<
$(BUILD)/bootstrap: $(OBJ) $(addprefix $(BUILD)/gen/,rules.o attack.o noindex.o norules.o)
	$(Q)$(LINK) -o $@ $^ $(LINK_LIBS)
$(BUILD)/gen/builtin.c: $(BUILD)/bootstrap
	$(if $(V),,@echo '  GEN  $@')
	$(Q)$(BUILD)/bootstrap --print-rules > $@
$(BUILD)/gen/default.idx: $(BUILD)/bootstrap $(PACKS)
	$(if $(V),,@echo '  GEN  $@')
	$(Q)$(BUILD)/bootstrap index -q -o $@ --label $(NOTES) \
	    $(foreach f,$(filter %.txt,$(PACKS)),--lofp $f) $(foreach f,$(filter %.ndjson,$(PACKS)),--notes $f)

$(BUILD)/gen/default.lz4: $(BUILD)/gen/default.idx
	$(Q)$(BUILD)/bootstrap --pack-index < $< > $@

EMBED := $(addprefix $(BUILD)/gen/,rules.o attack.o index.o builtin.o)

$(BUILD)/lofpipe: $(OBJ) $(EMBED)
	$(if $(V),,@echo '  LD   $@')
	$(Q)$(LINK) -o $@ $^ $(LINK_LIBS)

-include $(OBJ:.o=.d) $(TESTOBJ:.o=.d) $(BUILD)/obj/tests/relevance/relevance.d

# --- what must be installed ---------------------------------------------------------------------------------------

PACKAGES      := gcc g++ binutils pkg-config libjansson-dev libpcre2-dev liblz4-dev libyaml-dev libgumbo-dev libcsv-dev libtomlplusplus-dev \
                 zlib1g-dev libzstd-dev
TEST_PACKAGES := $(PACKAGES) libcriterion-dev aspell aspell-en
# What the tests of tests/hosts/ run and the machine lacks is unpacked here, not installed.
export HOSTS ?= $(abspath $(BUILD))/hosts
INSTALL_THEM   = apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends

# $(call need,LIBRARIES,PACKAGES): installs when it can, else names the one command.
define need
@if ! command -v $(firstword $(CC)) >/dev/null || ! command -v $(firstword $(CXX)) >/dev/null || \
    ! pkg-config --exists $(1) $(PROGRAM_DEPS) tomlplusplus 2>/dev/null || ! [ -e /usr/include/csv.h ]; then \
	if [ "$$(id -u)" = 0 ]; then ( $(INSTALL_THEM) $(2) ) >/dev/null || exit 1; \
	elif sudo -n true 2>/dev/null; then sudo sh -c '$(INSTALL_THEM) $(2)' >/dev/null || exit 1; \
	else echo 'packages are missing; run: sudo apt-get install -y $(2)' >&2; exit 1; fi; \
fi
endef

deps:
	$(call need,$(DEPS),$(PACKAGES))
test-deps:
	$(call need,$(DEPS) criterion,$(TEST_PACKAGES))
	@sh tests/hosts/get.sh $(HOSTS)

# --- running and testing ------------------------------------------------------------------------------------------

# The builds come after the installs, in a make that looks for the libraries anew.
run: deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/lofpipe
	@sh samples/show.sh $(BUILD)/lofpipe

$(BUILD)/unit: $(filter-out $(MAIN),$(OBJ)) $(TESTOBJ) $(EMBED)
	$(if $(V),,@echo '  LD   $@')
	$(Q)$(LINK) -o $@ $^ $(LINK_LIBS) $(shell pkg-config --libs criterion 2>/dev/null) -lpthread

$(BUILD)/replay-%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(filter-out $(MAIN),$(OBJ)) $(EMBED)
	$(Q)$(LINK) -o $@ $^ $(LINK_LIBS)

# Makes calls fail, for tests/unit/test_fault.c. Never sanitized: it is loaded into a program that may not be.
$(BUILD)/shim.so: tests/fault/shim.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=c17 -O2 -g $(WARN) $(WERROR) -fPIC -shared -o $@ $<

TESTS := $(BUILD)/lofpipe $(BUILD)/unit $(BUILD)/shim.so lib $(BUILD)/lofpipe.1 $(REPLAYS)

all-tests: $(TESTS)
	@for t in $(sort $(wildcard tests/lint/*.sh)); do echo "  LINT $$t"; sh $$t $(BUILD) || exit 1; done
	@for t in $(REPLAYS); do echo "  FUZZ $${t##*/replay-}"; $$t tests/fuzz/corpus/$${t##*/replay-}/* || exit 1; done
	@for t in $(sort $(wildcard tests/hosts/test_*.sh)); do sh $$t $(BUILD) || exit 1; done
	@LOFPIPE_BIN=$(abspath $(BUILD)/lofpipe) LOFPIPE_BUILD=$(abspath $(BUILD)) $(BUILD)/unit --jobs 2

test: test-deps
	@$(MAKE) --no-print-directory -j2 $(TESTS)
	@$(MAKE) --no-print-directory all-tests

# The rules of data/catalogue/ alone.
lint-notes: test-deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/unit
	@sh tests/lint/spelling.sh $(BUILD)
	@$(BUILD)/unit --filter 'catalogue/*'

check: test-deps
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/check WERROR=-Werror $(patsubst $(BUILD)/%,$(BUILD)/check/%,$(TESTS))
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/check WERROR=-Werror all-tests

asan: test-deps
	@$(MAKE) --no-print-directory -j2 BUILD=$(BUILD)/asan SANITIZE=address,undefined $(patsubst $(BUILD)/%,$(BUILD)/asan/%,$(TESTS))
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined all-tests

# Needs clang. FUZZ_SECONDS each; finds go to $(BUILD)/fuzz.
FUZZ_SECONDS ?= 60
fuzz:
	@mkdir -p $(BUILD)/fuzz
	@$(MAKE) --no-print-directory -j2 CC=clang BUILD=$(BUILD)/fuzz SANITIZE=fuzzer-no-link,address,undefined \
	    $(patsubst $(BUILD)/replay-%,$(BUILD)/fuzz/fuzz-%,$(REPLAYS))
	@for f in $(patsubst $(BUILD)/replay-%,%,$(REPLAYS)); do mkdir -p $(BUILD)/fuzz/corpus-$$f; \
	    (cd $(BUILD)/fuzz && ./fuzz-$$f -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
	    corpus-$$f $(CURDIR)/tests/fuzz/corpus/$$f) || exit 1; done
$(BUILD)/fuzz-%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(filter-out $(MAIN),$(OBJ)) $(EMBED)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LINK_LIBS)

BENCH := $(addprefix $(BUILD)/bench/,usual gen measure clients)
$(BUILD)/bench/%: tests/bench/%.c tests/bench/clock.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -O2 -D_GNU_SOURCE $(WARN) $(WERROR) -o $@ $< $(DEP_LIBS)
bench: deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/lofpipe $(BENCH)
	@sh tests/bench/bench.sh $(BUILD)/lofpipe $(BENCH)

# INDEX: one more index of notes among the candidates.
RELEVANCE := $(addprefix $(BUILD)/obj/tests/relevance/,relevance.o measure.o)
$(BUILD)/relevance: $(filter-out $(MAIN),$(OBJ)) $(RELEVANCE) $(EMBED)
	$(Q)$(LINK) -o $@ $^ $(LINK_LIBS)
relevance: deps
	@$(MAKE) --no-print-directory -j2 $(BUILD)/relevance
	@$(BUILD)/relevance $(if $(MISSES),-v) $(INDEX)

# --- the library and the manual -----------------------------------------------------------------------------------

# Only what lofpipe.h declares may be seen from outside: the archive holds one object, its inner symbols made local.
SOVERSION := 0
OBJCOPY   ?= $(CROSS)objcopy
AR        := $(CROSS)ar
LIBRARY   := $(BUILD)/liblofpipe.a $(BUILD)/liblofpipe.so $(BUILD)/liblofpipe.so.$(SOVERSION) $(BUILD)/lofpipe.pc

lib: $(LIBRARY)

$(BUILD)/liblofpipe.a: $(LIBOBJ) $(EMBED)
	$(if $(V),,@echo '  AR   $@')
	$(Q)$(CC) -r -nostdlib -o $(@:.a=.o) $^
	$(Q)$(OBJCOPY) --localize-hidden $(@:.a=.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $(@:.a=.o)
$(BUILD)/liblofpipe.so: $(LIBOBJ) $(EMBED)
	$(if $(V),,@echo '  LD   $@')
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,liblofpipe.so.$(SOVERSION) $(if $(SANITIZE),,-Wl,-z,defs) \
	    -o $@ $^ $(DEP_LIBS) -pthread
$(BUILD)/liblofpipe.so.$(SOVERSION): $(BUILD)/liblofpipe.so
	$(Q)ln -sf liblofpipe.so $@
# Made anew each time: PREFIX may be another one at install.
$(BUILD)/lofpipe.pc: force
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' 'Name: lofpipe' \
	    'Description: puts the known benign causes of its ATT&CK technique into a JSON alert' 'Version: $(VERSION)' \
	    'Requires.private: $(DEPS)' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -llofpipe' 'Libs.private: -pthread' > $@
.PHONY: force
force:

# The OPTIONS of lofpipe(1) are made from the table that parses them.
$(BUILD)/lofpipe.1: docs/lofpipe.1.in $(BUILD)/lofpipe
	$(Q)$(BUILD)/lofpipe --print-mdoc > $@.options
	$(Q)sed -e '/^@OPTIONS@$$/r $@.options' -e '/^@OPTIONS@$$/d' docs/lofpipe.1.in > $@

TO := $(DESTDIR)$(PREFIX)
install: all
	install -d $(addprefix $(TO)/,bin lib/pkgconfig include share/man/man1 share/man/man3 share/man/man5)
	install -m 755 $(BUILD)/lofpipe $(TO)/bin
	install -m 644 src/lofpipe.h $(TO)/include
	install -m 644 $(BUILD)/liblofpipe.a $(TO)/lib
	install -m 644 $(BUILD)/liblofpipe.so $(TO)/lib/liblofpipe.so.$(VERSION)
	ln -sf liblofpipe.so.$(VERSION) $(TO)/lib/liblofpipe.so.$(SOVERSION)
	ln -sf liblofpipe.so.$(SOVERSION) $(TO)/lib/liblofpipe.so
	install -m 644 $(BUILD)/lofpipe.pc $(TO)/lib/pkgconfig
	install -m 644 $(BUILD)/lofpipe.1 $(TO)/share/man/man1
	install -m 644 $(wildcard docs/*.3) $(TO)/share/man/man3
	install -m 644 $(wildcard docs/*.5) $(TO)/share/man/man5

clean:
	rm -rf $(BUILD)
