# sfnd: a Step Functions daemon for one machine.  `make help` lists the targets.

comma := ,
hash := \#

# ---- settings -----------------------------------------------------------------------------------
FLAVOUR  ?= release
CC       := $(if $(filter default undefined,$(origin CC)),$(if $(filter fuzz,$(FLAVOUR)),clang,gcc),$(CC))
B        := build/$(FLAVOUR)
PKGS     := libmicrohttpd sqlite3 libcjson libcurl libcrypto libpcre2-8 zlib
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
            $(if $(WERROR),-Werror)
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -fsanitize=thread
CFLAGS_debug   := -O0
CFLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
CFLAGS_cover   := -O0 --coverage
ALL_CFLAGS = -std=gnu17 -g -fPIE -pthread -D_GNU_SOURCE -Iserver -I. $(WARN) $(CFLAGS_$(FLAVOUR)) \
              $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -pthread $(filter -fsanitize% -fno-omit% --coverage,$(CFLAGS_$(FLAVOUR))) \
               $(if $(filter release,$(FLAVOUR)),-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now) \
               -Wl$(comma)--as-needed $(LDFLAGS)
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
DEPS_aws        := json
DEPS_store      := base
DEPS_engine     := asl store
DEPS_tasks      := engine aws
DEPS_api        := engine aws
DEPS_console    := api
DEPS_http       := api console
MODULES := base json aws jsonpath intrinsics jsonata asl store engine tasks api console http
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

# So are the files of the console's page, each with a checksum for its ETag.
$(B)/server/console/console.o: ALL_CFLAGS += -I$(B)/server/console
$(B)/server/console/console.o: $(B)/server/console/page_files.h
$(B)/server/console/page_files.h: $(sort $(wildcard server/console/page/*))
	@mkdir -p $(@D)
	for f in $^; do printf 'PAGE_FILE("%s", "%s",\n' "$$(basename $$f)" "$$(cksum <$$f | tr ' ' -)"; \
	  sed 's/[\\"?]/\\&/g; s/.*/"&\\n"/' $$f; printf ')\n'; done > $@

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

# ---- fuzzing: tests/fuzz/fuzz_MODULE.c links with MODULE; SECONDS= for each target --------------
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ:%=build/fuzz/fuzz_%)
$(FUZZ_BIN): build/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o $$(foreach m,$$(call ordered,$$(call closure,$$*)),build/fuzz/lib/$$m.a)
	$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ -pthread $(PKG_LIBS)
SECONDS ?= 30
fuzz-run: $(FUZZ:%=fuzz-run-%)
$(FUZZ:%=fuzz-run-%): fuzz-run-%: build/fuzz/fuzz_%
	@mkdir -p build/fuzz/corpus/$* && \
	  { $< -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/crash-$*- build/fuzz/corpus/$* tests/fuzz/corpus/$* \
	    >build/fuzz/$*.log 2>&1 && echo "ok - fuzz $*: $$(grep -c . build/fuzz/$*.log) lines, $$(sed -n 's/stat::number_of_executed_units: *//p' build/fuzz/$*.log) runs" \
	    || { tail -n 40 build/fuzz/$*.log; echo "not ok - fuzz $*"; exit 1; }; }
fuzz: deps-fuzz ## fuzz every parser for SECONDS=30 each
	@$(MAKE) --no-print-directory -s -j$$(nproc) FLAVOUR=fuzz fuzz-run
.PHONY: fuzz fuzz-run $(FUZZ:%=fuzz-run-%)

# ---- what has to be installed (Debian, Ubuntu) ---------------------------------------------------
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
define INSTALL
@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
if [ -n "$$missing" ]; then echo "installing $$missing"; \
  $(SUDO) apt-get -qq update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get -qq -y install $$missing >/dev/null; fi
endef
BUILD_DEPS := gcc libc6-dev pkg-config libmicrohttpd-dev libsqlite3-dev libcjson-dev \
              libcurl4-openssl-dev libssl-dev libpcre2-dev zlib1g-dev
deps: ## install what the build needs
	$(call INSTALL,$(BUILD_DEPS))
deps-test: deps
	$(call INSTALL,libcmocka-dev python3)
deps-fuzz: deps
	$(call INSTALL,clang libclang-rt-dev)
.PHONY: deps deps-test deps-fuzz

# ---- run ------------------------------------------------------------------------------------------
run: deps ## install what is missing, build, and run the server on port 8083
	@$(MAKE) --no-print-directory -s -j2 build/sfnd
	@exec build/sfnd $(ARGS)
install: build/sfnd ## copy the server to PREFIX/bin (/usr/local)
	install -D -m 755 build/sfnd $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/sfnd
.PHONY: run install

# ---- test -----------------------------------------------------------------------------------------
# Everything under AddressSanitizer and UndefinedBehaviorSanitizer; ONLY= picks suites by name.
ROUNDS ?= 50
SHARED ?= ../shared
case_run = $(if $(wildcard $(SHARED)/jsonata/run.py),python3 tests/tools/cases.py $(1),echo ok 1 - cases $(hash) SKIP $(SHARED)/jsonata is not there)
test: deps-test ## install what is missing, build with sanitizers, run every test
	@$(MAKE) --no-print-directory -s -j2 FLAVOUR=asan test-bins
	@$(MAKE) --no-print-directory -s FLAVOUR=asan test-run
test-bins: unit-bins $(B)/sfnd $(B)/jsonpath $(B)/jsonata
test-run:
	@SFND=$(CURDIR)/$(B)/sfnd ROUNDS=$(ROUNDS) python3 tests/run.py $(if $(ONLY),--only $(ONLY)) \
	  $(foreach t,$(UNIT_BIN),unit:$(notdir $(patsubst %/,%,$(dir $(t))))/$(notdir $(t))=$(t)) \
	  "cases:jsonpath=$(call case_run,$(SHARED)/jsonpath/cases.json --tier core -- $(B)/jsonpath --cases)" \
	  "cases:jsonpath-all=$(call case_run,--report $(SHARED)/jsonpath/cases.json -- $(B)/jsonpath --cases)" \
	  "cases:jsonata=$(call case_run,$(SHARED)/jsonata/cases-dev.json.gz --dialect 2.0.6 --skip-eval --messages -- $(B)/jsonata --cases --dialect=2.0.6)" \
	  "cases:jsonata-aws=$(call case_run,$(SHARED)/jsonata/cases-aws.json --dialect 2.0.6 -- $(B)/jsonata --cases --dialect=2.0.6)" \
	  $(foreach t,$(sort $(wildcard tests/api/test_*.py)),"api:$(basename $(notdir $(t)))=python3 $(t)") \
	  "sdk:javascript=sh tests/sdk/run.sh" "sdk:boto3=python3 tests/sdk/test_boto3.py" "sdk:cli=bash tests/sdk/test_cli.sh" \
	  "sdk:go=sh tests/sdk/test_go.sh" \
	  "conformance=python3 tests/conformance/conformance.py"
crash: deps-test ## kill -9 the server at random, ROUNDS=500 times
	@$(MAKE) --no-print-directory -s -j2 build/sfnd
	ROUNDS=$(if $(filter 50,$(ROUNDS)),500,$(ROUNDS)) python3 tests/api/test_crash.py
tsan: deps-test ## the unit and black-box tests under ThreadSanitizer
	@$(MAKE) --no-print-directory -s -j2 FLAVOUR=tsan test-bins
	@SFND=$(CURDIR)/build/tsan/sfnd ROUNDS=10 TSAN_OPTIONS=exitcode=66 \
	  python3 tests/run.py $(patsubst %,unit:%,$(foreach t,$(patsubst %.c,build/tsan/%,$(wildcard tests/unit/engine/test_*.c tests/unit/base/test_*.c tests/unit/http/test_*.c tests/unit/tasks/test_*.c)),$(notdir $(t))=$(t))) \
	  $(foreach t,$(sort $(wildcard tests/api/test_*.py)),"api:$(basename $(notdir $(t)))=python3 $(t)")
.PHONY: test test-bins test-run crash tsan

# ---- bench ----------------------------------------------------------------------------------------
BENCH_SRC := $(filter-out tests/bench/bench_%,$(wildcard tests/bench/*.c))
build/release/bench: $(BENCH_SRC:%.c=build/release/%.o) build/release/lib/base.a
	$(CC) -o $@ $^ $(ALL_LDFLAGS) -lcrypto -lm
bench: deps ## speed, memory, start-up; VS=http://... adds another endpoint and prints ratios
	@$(MAKE) --no-print-directory -s build/sfnd build/release/bench
	@build/release/bench --server build/sfnd --db $(if $(VS),--vs $(VS)) $(ARGS)
build/release/bench_jsonata: build/release/tests/bench/bench_jsonata.o $(foreach m,$(call ordered,$(call closure,jsonata)),build/release/lib/$(m).a)
	$(CC) -o $@ $^ $(ALL_LDFLAGS) $(PKG_LIBS)
bench-jsonata: deps ## microseconds per JSONata evaluation, beside node's jsonata package where node is present
	@$(MAKE) --no-print-directory -s build/release/bench_jsonata
	@sh tests/bench/jsonata.sh build/release/bench_jsonata $(SHARED)/jsonata/bench-exprs.json
.PHONY: bench bench-jsonata

# ---- checks that run nothing ----------------------------------------------------------------------
C_FILES = $(shell git ls-files '*.c' '*.h')
layers:
	@sh tests/tools/layers.sh $(foreach m,$(MODULES),$(m)=$(subst $() ,$(comma),$(strip $(filter-out $(m),$(call closure,$(m))))))
lint: layers ## layers, banned functions, layout
	@sh tests/tools/banned.sh
	@if command -v clang-format >/dev/null && clang-format --version | grep -q 'version 14'; then \
	  clang-format --dry-run -Werror $(C_FILES); else echo "clang-format 14 is not there: layout not checked"; fi
warnings: ## both compilers, every warning an error
	@for cc in gcc clang; do $(MAKE) --no-print-directory -s -j2 CC=$$cc FLAVOUR=debug WERROR=1 B=build/warn-$$cc \
	  $(MODULES:%=build/warn-$$cc/lib/%.a) && echo "ok - $$cc"; done
tidy: ## clang-tidy and cppcheck, second opinions
	clang-tidy --quiet $(filter %.c,$(C_FILES)) -- $(ALL_CFLAGS)
	cppcheck --quiet --enable=warning,portability -Iserver -I. server store
cover: deps-test ## line coverage of the unit tests (gcov)
	@$(MAKE) --no-print-directory -s -j2 FLAVOUR=cover unit-bins
	@for t in $(patsubst %.c,build/cover/%,$(UNIT_SRC)); do $$t >/dev/null 2>&1 || true; done
	@for m in $(MODULES); do d=build/cover/$$(test $$m = store && echo store || echo server/$$m); \
	  gcov -n $$d/*.gcno 2>/dev/null | awk -v m=$$m '/^File/ {f=$$2} /^Lines/ && f ~ m {split($$2,a,"[:%]"); \
	    n=$$4; t+=n; c+=n*a[2]/100} END {if (t) printf "%-12s %5.1f %% of %d lines\n", m, 100*c/t, t}'; done
clean: ## remove everything that was built
	rm -rf build
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'
.PHONY: layers lint warnings tidy cover clean help
