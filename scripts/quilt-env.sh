# shellcheck shell=bash
# quilt's settings for this repository; source it after lib.sh.
export QUILT_PATCHES=$queue QUILT_SERIES=$series QUILTRC=/dev/null
export QUILT_PATCH_OPTS=--fuzz=0
export QUILT_DIFF_ARGS='-p ab --no-timestamps --no-index'
export QUILT_REFRESH_ARGS='-p ab --no-timestamps --no-index'
export QUILT_PC=.pc
