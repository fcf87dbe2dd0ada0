#!/bin/bash
# Brings the Debian packages that eventd needs: what building needs is installed, what only tests and demo need is
# unpacked under build/root. Called by `make deps`, which holds the lists.
#
#   deps.sh install PACKAGE...    apt installs them (root), or says which are missing (not root)
#   deps.sh unpack PACKAGE...     downloads those that the system lacks, with what they need, and unpacks them
#
# Nothing is ever removed, upgraded on purpose or started, and no mail server is ever installed: an unpacked Postfix has
# no maintainer script that could write /etc, open port 25 or push another mail server out. Safe to call again: it looks
# first, and when nothing is missing it returns at once.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
root=build/root debs=build/debs

say() { echo "deps: $*"; }

is_installed()
{
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

is_unpacked()
{
	[ -e "$root/.have/$1" ]
}

# The package lists of a fresh image are empty; a stale one names files that are gone. Both are cured by one update.
apt_update_once()
{
	[ -z "${updated-}" ] || return 1
	updated=yes
	[ "$(id -u)" = 0 ] || return 1
	say "apt-get update"
	apt-get -q update >build/apt.log 2>&1 || { tail -5 build/apt.log; return 1; }
}

has_lists()
{
	compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

# Runs apt-get with the arguments, again after an update when the first try fails.
apt()
{
	has_lists || apt_update_once || true
	apt-get -q -y --no-install-recommends "$@" >build/apt.log 2>&1 && return
	if apt_update_once && apt-get -q -y --no-install-recommends "$@" >build/apt.log 2>&1; then
		return
	fi
	tail -20 build/apt.log
	return 1
}

install_packages()
{
	local missing=() p
	for p; do is_installed "$p" || missing+=("$p"); done
	[ ${#missing[@]} -gt 0 ] || { say "for building: all $# packages are installed"; return 0; }
	if [ "$(id -u)" != 0 ]; then
		say "for building these packages are missing, and only root can install them:"
		say "  ${missing[*]}"
		return 0
	fi
	say "for building: installing ${missing[*]}"
	apt install --no-remove "${missing[@]}" || { say "apt could not install them"; return 1; }
}

# apt is asked as if no mail server were installed: Postfix, which we only unpack, conflicts with every other one.
status_without_mailers()
{
	awk 'BEGIN { RS = ""; ORS = "\n\n" } !/(^|\n)(Provides|Conflicts):[^\n]*mail-transport-agent/' /var/lib/dpkg/status
}

unpack_packages()
{
	local missing=() p deb name
	for p; do is_installed "$p" || is_unpacked "$p" || missing+=("$p"); done
	[ ${#missing[@]} -gt 0 ] || { say "for $purpose: all $# packages are there"; return 0; }
	say "for $purpose: downloading ${missing[*]} and what they need to $debs"
	mkdir -p "$debs/partial" "$root/.have"
	status_without_mailers >build/dpkg-status
	apt install --download-only -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$PWD/$debs" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::State::status="$PWD/build/dpkg-status" \
		"${missing[@]}" || { say "apt could not download them"; return 1; }
	for deb in "$debs"/*.deb; do
		name=$(basename "$deb"); name=${name%%_*}
		# A second C library beside the running one breaks every program that is shown it.
		case $name in libc6 | libc-bin) continue ;; esac
		is_unpacked "$name" && continue
		dpkg -x "$deb" "$root"
		touch "$root/.have/$name"
		unpacked=yes
	done
	for p in "${missing[@]}"; do is_unpacked "$p" || { say "$p did not arrive"; return 1; }; done
	say "for $purpose: unpacked $(ls "$root/.have" | wc -l) packages under $root"
}

# An unpacked program finds its libraries and data through a wrapper of its name; programs that the system has need none.
write_wrappers()
{
	local dir=build/root/wrappers file name triplet
	triplet=$(basename "$(ls -d "$root"/usr/lib/*-linux-gnu* 2>/dev/null | head -1)")
	rm -rf "$dir"
	mkdir -p "$dir"
	for file in "$root"/{usr/,}{bin,sbin}/*; do
		name=$(basename "$file")
		[ -x "$file" ] && ! [ -e "/usr/bin/$name" -o -e "/usr/sbin/$name" -o -e "/usr/local/bin/$name" ] || continue
		cat >"$dir/$name" <<-END
			#!/bin/sh
			root=\$(cd "\${0%/*}/.." && pwd)
			l=\$root/usr/lib
			export LD_LIBRARY_PATH="\$l/$triplet:\$root/lib/$triplet:\$l:\$l/llvm-14/lib:\$l/postfix:\$l/dovecot:\$l/$triplet/systemd\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
			[ ! -d "\$root/usr/libexec/valgrind" ] || export VALGRIND_LIB="\$root/usr/libexec/valgrind"
			[ ! -d "\$root/usr/share/wireshark" ] || export WIRESHARK_DATA_DIR="\$root/usr/share/wireshark"
			[ ! -d "\$root/usr/share/groff" ] || export GROFF_FONT_PATH="\$root/usr/share/groff/current/font"
			exec "\$root/${file#"$root"/}" "\$@"
		END
		chmod +x "$dir/$name"
	done
}

verb=$1
shift
mkdir -p build
case $verb in
install)
	install_packages "$@"
	;;
unpack)
	purpose=$1
	shift
	unpack_packages "$@"
	[ -z "${unpacked-}" ] || write_wrappers
	;;
*)
	echo "usage: deps.sh install|unpack PURPOSE PACKAGE..." >&2
	exit 2
	;;
esac
