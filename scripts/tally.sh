# shellcheck shell=bash
# Counting checks; source it after lib.sh.
passed=0 failed=0 skipped=0
ok() {
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		say "  pass: $what"
	else
		failed=$((failed + 1))
		say "  FAIL: $what"
	fi
}
skip() { skipped=$((skipped + 1)); say "  skip: $1: $2"; }
tally_end() {
	printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$passed" "$failed" "$skipped"
	((failed == 0))
}
