# shellcheck shell=bash
# Reads overlay-map; source it after lib.sh.

# The patches of a series file, or of the queue's own.
patch_list() { sed -e 's/#.*//' -e 's/[[:space:]].*//' -e '/^$/d' "${1:-$series}"; }

# Lines of overlay-map, longest overlay path first.
overlay_map() { sed -e '/^#/d' -e '/^[[:space:]]*$/d' "$top/overlay-map" | awk '{print length($1), $0}' | sort -rn | cut -d' ' -f2-; }

# "overlay-file kernel-file patch" for every file in the overlay folders.
overlay_files() {
	local seen=' ' overlay kernel patch file
	while read -r overlay kernel patch; do
		[ -e "$top/$overlay" ] || die "overlay-map names $overlay, which does not exist"
		while read -r file; do
			case $seen in *" $file "*) continue ;; esac
			seen="$seen$file "
			echo "$file $kernel${file#"$overlay"} $patch"
		done < <(cd "$top" && find "$overlay" -type f ! -name '.*.sw?' ! -name '*~' | sort)
	done < <(overlay_map)
}

# overlay_of_kernel_file FILE: its name in the overlay folders, if it is from there. Who
# asks often sets overlay_list to what overlay_files prints.
overlay_of_kernel_file() { awk -v k="$1" '$2 == k {print $1}' <<< "${overlay_list:-$(overlay_files)}"; }
