# lofpipe: one Makefile, no configure. `make run` and `make test` need nothing but a bare Debian or Ubuntu.
#
#   make            build/lofpipe, build/liblofpipe.a and .so
#   make run        install what is missing, build, enrich samples/ for a look
#   make test       install what is missing, build, every test
#   make check      quick: the same tests without the slow ones, warnings are errors
#   make asan       the whole suite under AddressSanitizer and UndefinedBehaviorSanitizer
#   make bench      one table of speed and memory, as ratios in one run
#   make install    PREFIX=/usr/local, DESTDIR=
#
# V=1 shows the commands. CC=clang, BUILD=dir and SANITIZE=address,undefined do what they say.

VERSION   := 0.1.0
NOTES     := 2026.11
PREFIX    ?= /usr/local
BUILD     ?= build
MODE      := $(if $(SANITIZE),-O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all,-O2)
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith -Wvla \
             -Wformat=2 -Wwrite-strings -Wredundant-decls -Wcast-qual
CPPFLAGS  += -D_GNU_SOURCE -Isrc -I$(BUILD)/gen -DLOF_VERSION='"$(VERSION)"'
CFLAGS    ?= -g
ALL_CFLAGS = -std=c17 $(MODE) $(WARN) $(WERROR) -fPIC -fvisibility=hidden -fstack-protector-strong $(CFLAGS)
DEPS      := jansson libpcre2-8
DEP_CFLAGS = $(shell pkg-config --cflags $(DEPS) 2>/dev/null)
DEP_LIBS   = $(shell pkg-config --libs $(DEPS) 2>/dev/null)
Q         := $(if $(V),,@)

# The rooms, in the order in which they may use each other (tests/lint/layers.sh holds them to it).
ROOMS     := base json rules notes stream import cli
SRC       := $(foreach r,$(ROOMS),$(sort $(wildcard src/$r/*.c))) $(wildcard src/*.c)
OBJ       := $(SRC:%.c=$(BUILD)/obj/%.o)
MAIN      := $(BUILD)/obj/src/cli/main.o
CORE      := $(filter-out $(MAIN),$(OBJ))
LIBOBJ    := $(filter-out $(BUILD)/obj/src/cli/% $(BUILD)/obj/src/import/%,$(OBJ))
RULES     := $(sort $(wildcard rules/*.json))
PACKS     := $(sort $(wildcard data/lofp/*.txt) $(wildcard data/catalogue/*.ndjson))
UNIT      := $(sort $(wildcard tests/unit/*.c))

.DELETE_ON_ERROR:
.PHONY: all run test check asan bench install clean deps lib fuzz

all: $(BUILD)/lofpipe lib $(BUILD)/lofpipe.1

# --- the program -------------------------------------------------------------------------------------------------

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC   $<')
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(DEP_CFLAGS) -MMD -MP -c -o $@ $<

# Files that carry others inside them: the format rules, the ATT&CK table, the default index.
$(BUILD)/gen/rules.S: $(RULES) Makefile src/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/embed.sh list lof_embedded_rules $(RULES) > $@
$(BUILD)/gen/attack.S: data/attack/techniques.tsv Makefile src/embed.sh
	@mkdir -p $(@D)
	$(Q)sh src/embed.sh blob lof_embedded_attack $< > $@
$(BUILD)/gen/index.S: $(BUILD)/gen/default.idx src/embed.sh
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
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)
$(BUILD)/gen/builtin.c: $(BUILD)/bootstrap
	$(if $(V),,@echo '  GEN  $@')
	$(Q)$(BUILD)/bootstrap --print-rules > $@
$(BUILD)/gen/default.idx: $(BUILD)/bootstrap $(PACKS)
	$(if $(V),,@echo '  GEN  $@')
	$(Q)$(BUILD)/bootstrap index -q -o $@ --label $(NOTES) \
	    $(foreach f,$(filter %.txt,$(PACKS)),--lofp $f) $(foreach f,$(filter %.ndjson,$(PACKS)),--notes $f)

EMBED := $(addprefix $(BUILD)/gen/,rules.o attack.o index.o builtin.o)

$(BUILD)/lofpipe: $(OBJ) $(EMBED)
	$(if $(V),,@echo '  LD   $@')
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(DEP_LIBS)

-include $(OBJ:.o=.d)

clean:
	rm -rf $(BUILD)
