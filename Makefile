# The commands that people type. Meson and ninja do the work; this file only remembers their arguments.
#
#   make            build the libraries, the program build/cantil and the example
#   make demo       install what is missing, build, create and fill the example database, serve it
#   make test       install what the tests need, build, run everything
#   make bench      the benchmarks          make fuzz       the fuzzers, FUZZ_SECONDS each
#   make bench-peers                        the same by Flask-Migrate, Django, SQLAlchemy and peewee
#   make install    DESTDIR= and PREFIX= as usual
#   make format     clang-format            make lint       clang-tidy, layer rules

BUILD ?= build
PREFIX ?= /usr/local
DEMO_PORT ?= 5000
FUZZ_SECONDS ?= 60
MESON_FLAGS ?=

SOURCES = $(shell git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]' 'examples/*.[ch]' 'bench/*.[ch]' | grep -vE 'tests/api/bad/|/snapshots/')

.PHONY: all demo test test-long bench bench-peers fuzz install format lint clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@scripts/deps.sh build
	meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_FLAGS)

demo:
	@scripts/demo.sh $(BUILD) $(DEMO_PORT)

test:
	@scripts/test.sh

test-long:
	@scripts/test.sh long

bench:
	@scripts/bench.sh

bench-peers:
	@scripts/bench-peers.sh

fuzz:
	@scripts/fuzz.sh $(FUZZ_SECONDS)

install: all
	meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir "$(abspath $(DESTDIR))")
	$(if $(DESTDIR),,-ldconfig)

format:
	clang-format -i $(SOURCES)

lint:
	@scripts/lint.sh $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-clang build-fuzz build-tsan build-bench
