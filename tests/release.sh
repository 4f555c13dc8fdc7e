# shellcheck shell=bash
# How often, how many and how long in `tools/test --release`. Sourced by it; each suite says what its numbers mean.
export JETON_KILLS=1000          # fault: kill -9 of each process under load
export JETON_RUNS=1000           # fault: attacks by a reused process number
export JETON_ATTACKS=20          # fault: every way to tamper; twenty tries of each other attack
export JETON_MUTATIONS=20000     # fault: requests that somebody made up
export JETON_BOMBS=1000          # fault: requests made to be dear
export JETON_SECRETS=1000        # fault: secrets looked for where none may be
export JETON_STRICT_TIMES=1      # fault, systemd: promised times, without a margin for a busy machine
export JETON_IMPORT_PAIRS=600    # scenario: pairs of one import
export JETON_APPLY_TENANTS=1000  # scenario: tenants of one file
export JETON_ROUNDS=1000000      # libjeton: a disable against readers
export JETON_UPSTREAM_CONNECTIONS=1000  # fault: connections of one upstream
export JETON_CONNECTIONS=100000  # scale: of the large store
export JETON_AUDIT=10000000      # scale: entries of the long audit
export JETON_FUZZ_SECONDS=1200   # fuzz: for each target
export JETON_REMOVE_GUARDS=1     # guards: each is taken away, and must be missed
