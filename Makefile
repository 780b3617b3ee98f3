# sfnd: a Step Functions daemon for one machine.  `make help` lists the targets.

comma := ,

# ---- settings -----------------------------------------------------------------------------------
FLAVOUR  ?= release
CC       ?= gcc
B        := build/$(FLAVOUR)
PKGS     := libmicrohttpd sqlite3 libcjson libcurl libcrypto libpcre2-8
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
            $(if $(WERROR),-Werror)
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -fsanitize=thread
CFLAGS_debug   := -O0
CFLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
CFLAGS_cover   := -O0 --coverage
ALL_CFLAGS := -std=gnu17 -g -fPIE -pthread -D_GNU_SOURCE -Iserver -I. $(WARN) $(CFLAGS_$(FLAVOUR)) \
              $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -pthread $(filter -f% --coverage,$(CFLAGS_$(FLAVOUR))) \
               $(if $(filter release,$(FLAVOUR)),-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now -Wl$(comma)--as-needed) $(LDFLAGS)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -ldl

.DELETE_ON_ERROR:
.SECONDARY:
all: build/sfnd build/jsonpath build/jsonata ## build the server and its two small tools (default)
.PHONY: all

# ---- modules ------------------------------------------------------------------------------------
# What each module may include, directly; `make layers` checks it, and a unit test links with no more.
DEPS_base       :=
DEPS_json       := base
DEPS_jsonpath   := json
DEPS_intrinsics := jsonpath
DEPS_jsonata    := json
DEPS_asl        := intrinsics jsonata
DEPS_store      := base
DEPS_engine     := asl store
DEPS_tasks      := engine
DEPS_api        := engine
DEPS_console    := api
DEPS_http       := api console
MODULES := base json jsonpath intrinsics jsonata asl store engine tasks api console http
LIBS_base := -lcrypto

closure = $(sort $(1) $(foreach d,$(DEPS_$(1)),$(call closure,$(d))))
# Link order: upper modules first.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
ordered = $(call reverse,$(filter $(1),$(MODULES)))

srcdir = $(if $(filter store,$(1)),store,server/$(1))
define MODULE_RULES
SRC_$(1) := $$(wildcard $(call srcdir,$(1))/*.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$$(B)/%.o)
$$(B)/lib/$(1).a: $$(OBJ_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach m,$(MODULES),$(eval $(call MODULE_RULES,$(m))))

# SQL migrations are compiled in as strings.
$(B)/store/schema.o: ALL_CFLAGS += -I$(B)/store
$(B)/store/schema.o: $(B)/store/schema_sql.h
$(B)/store/schema_sql.h: $(sort $(wildcard store/schema/*.sql))
	@mkdir -p $(@D)
	for f in $^; do printf 'MIGRATION(%s,\n' "$$(basename $$f .sql | sed 's/_.*//; s/^0*//')"; \
	  sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' $$f; printf ')\n'; done > $@

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d $(B)/*/*/*/*.d $(B)/*/*/*/*/*.d)

# ---- programs -----------------------------------------------------------------------------------
SERVER_LIBS := $(foreach m,$(call ordered,$(MODULES)),$(B)/lib/$(m).a)
$(B)/sfnd: $(patsubst %.c,$(B)/%.o,$(wildcard server/*.c)) $(SERVER_LIBS)
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
$(B)/jsonpath: $(B)/server/jsonpath/tool/jsonpath.o $(foreach m,$(call ordered,$(call closure,intrinsics)),$(B)/lib/$(m).a)
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
$(B)/jsonata: $(B)/server/jsonata/tool/jsonata.o $(foreach m,$(call ordered,$(call closure,jsonata)),$(B)/lib/$(m).a)
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
build/sfnd build/jsonpath build/jsonata: build/%: build/release/%
	cp $< $@

# ---- unit tests: tests/unit/MODULE/test_x.c links with MODULE and what lies below it ------------
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
.SECONDEXPANSION:
unit_module = $(word 3,$(subst /, ,$(1:$(B)/%=%)))
$(UNIT_BIN): $(B)/tests/unit/%: $(B)/tests/unit/%.o $$(foreach m,$$(call ordered,$$(call closure,$$(call unit_module,$$@))),$$(B)/lib/$$m.a)
	$(CC) -o $@ $^ $(ALL_LDFLAGS) -lcmocka $(PKG_LIBS)
unit-bins: $(UNIT_BIN)
.PHONY: unit-bins
