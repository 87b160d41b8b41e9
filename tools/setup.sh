#!/bin/sh
# Installs what is missing to build dltape (`setup.sh build`), to test it (`check`), to test it with
# every compiler and against MPFR (`check-all`), or to compare it with its peers (`peers`). Where nothing is missing it
# touches no network.
# shellcheck disable=SC2015,SC2086  # package lists are words to be split
set -eu
export LC_ALL=C

packages="gcc libc6-dev meson ninja-build pkg-config libxxhash-dev libmimalloc-dev"
packages="$packages libopenblas-dev gnuplot-nox"
commands="cc meson ninja pkg-config"
headers="xxhash.h"
case "${1:-build}" in
build) ;;
check | check-all)
    packages="$packages libcriterion-dev valgrind g++"
    commands="$commands valgrind"
    headers="$headers criterion/criterion.h"
    [ "$1" = check ] || packages="$packages clang libmpfr-dev" commands="$commands clang"
    # Printed C is compiled for 32 bits as well.
    [ "$1 $(uname -m)" != "check-all x86_64" ] || packages="$packages gcc-multilib"
    ;;
peers)
    packages="$packages g++ libtorch-dev libadolc-dev libtrilinos-sacado-dev libtrilinos-kokkos-dev"
    packages="$packages libopenblas-dev"
    ;;
*)
    echo "usage: $0 build | check | check-all | peers" >&2
    exit 2
    ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
log=$root/build/setup.log

lacks_nothing()
{
    for c in $commands; do
        command -v "$c" >/dev/null || return 1
    done
    for h in $headers; do
        echo "#include <$h>" | cc -E - >/dev/null 2>&1 || return 1
    done
}

# Names differ between systems and versions, so elsewhere we tell them and install nothing.
other_system()
{
    if lacks_nothing; then
        exit 0
    fi
    cat >&2 <<END
setup: this is not a Debian system; needed are: $commands
       and the headers $headers (mimalloc, OpenBLAS and gnuplot are optional). Their usual packages:
  dnf install gcc gcc-c++ libasan libubsan meson ninja-build pkgconf-pkg-config xxhash-devel \\
      mimalloc-devel openblas-devel gnuplot valgrind clang   (Criterion: github.com/Snaipe/Criterion)
  pacman -S gcc meson ninja pkgconf xxhash mimalloc openblas gnuplot criterion valgrind clang
  brew install meson ninja pkgconf xxhash mimalloc openblas gnuplot criterion
END
    exit 1
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || other_system

installed=$(dpkg-query -W -f='${Package}=${db:Status-Status}\n' $packages 2>/dev/null || true)
missing=
for p in $packages; do
    case "
$installed
" in
    *"
$p=installed
"*) ;;
    *) missing="$missing $p" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
        echo "setup: packages are missing and there is no sudo; as root, run" >&2
        echo "  apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
fi

apt()
{
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300 "$@" \
        >>"$log" 2>&1
}
install() { apt install --no-install-recommends $missing; }

mkdir -p "$root/build"
: >"$log"
echo "setup: installing$missing"
# The package lists may be absent or older than the mirror: a second try has fresh ones.
install || { apt update && install; } || {
    tail -n 15 "$log" >&2
    echo "setup: the installation failed; its log is $log, its command was" >&2
    echo "  ${as_root:+$as_root }apt-get install --no-install-recommends$missing" >&2
    exit 1
}
