#!/usr/bin/env bash
# ./weir test [--filter X]: sets up what the tests need, builds, runs every test project, and sums up in one line.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
filter=''
while [ $# -gt 0 ]; do
  case "$1" in
    --filter) [ $# -ge 2 ] || { echo "weir test: --filter needs a text" >&2; exit 2; }; filter=$2; shift 2 ;;
    --filter=*) filter=${1#--filter=}; shift ;;
    -h|--help) echo "usage: ./weir test [--filter X]   runs the tests whose full name contains X (all without it)"; exit 0 ;;
    *) echo "weir test: unknown argument '$1'; see ./weir test --help" >&2; exit 2 ;;
  esac
done

# Real parts that tests use and that a fresh machine may lack. Where they cannot be installed the tests skip by name.
packages=()
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || packages+=(chromium)
command -v fc-list >/dev/null 2>&1 && fc-list :lang=zh 2>/dev/null | grep -q . || packages+=(fontconfig fonts-noto-cjk)
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || packages+=(nodejs npm)
if [ ${#packages[@]} -gt 0 ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "installing with apt-get for the tests: ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >/tmp/weir-apt.$$.log 2>&1 \
    || { echo "apt-get failed; the tests that need these will skip:"; tail -n 3 /tmp/weir-apt.$$.log; }
  rm -f /tmp/weir-apt.$$.log
elif [ ${#packages[@]} -gt 0 ]; then
  echo "not installed here: ${packages[*]}. Tests that need them skip; as root: apt-get install ${packages[*]}"
fi

mkdir -p artifacts/test-results
echo "building..."
began=$SECONDS
if ! dotnet build Weir.slnx -c Release -v quiet -nologo -clp:NoSummary >artifacts/build.log 2>&1; then
  grep -E 'error|warn' artifacts/build.log | sort -u | head -n 60 || tail -n 40 artifacts/build.log
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
touch -d "@$(( $(date +%s) - (SECONDS - began) - 1 ))" artifacts/.weir-built artifacts/.bench-built
echo "built in $((SECONDS - began)) s"

passed=0; failed=0; skipped=0
attribute() { sed -n "s/.*<assembly [^>]*[[:space:]]$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }
for project in tests/*.Tests/; do
  name=$(basename "$project")
  dll="artifacts/bin/$name/release/Weir.$name.dll"
  [ -f "$dll" ] || { echo "$name: not built"; failed=$((failed + 1)); continue; }
  result="artifacts/test-results/$name.xml"
  rm -f "$result"
  arguments=(-noLogo -noColor -result-xml "$result")
  [ -n "$filter" ] && arguments+=(-method "*$filter*")
  [ "${CI:-}" = true ] && arguments+=(-failSkips)
  budget=300
  [ "$name" = Host.Tests ] && budget=900
  began=$SECONDS
  timeout --kill-after=20 "$budget" dotnet "$dll" "${arguments[@]}" >"artifacts/test-results/$name.log" 2>&1
  code=$?
  if [ -f "$result" ] && grep -q '<assembly ' "$result"; then
    p=$(attribute "$result" passed); f=$(attribute "$result" failed); s=$(attribute "$result" skipped); e=$(attribute "$result" errors)
    f=$(( ${f:-0} + ${e:-0} ))
  else
    p=0; f=1; s=0
    [ "$code" = 124 ] && echo "$name: stopped after its time budget of $budget s"
  fi
  [ "$code" != 0 ] && [ "$f" = 0 ] && [ "$(( ${p:-0} + ${s:-0} ))" -gt 0 ] && f=1
  # with a filter, a project without a matching test is not a failure
  [ -n "$filter" ] && [ "$(( ${p:-0} + f + ${s:-0} ))" = 0 ] && continue
  echo "$name: ${p:-0} passed, $f failed, ${s:-0} skipped ($((SECONDS - began)) s)"
  if [ "$f" -gt 0 ] || [ "${s:-0}" -gt 0 ]; then
    grep -vE '^\s*(Discover|Starting|Finished|Discovered|Discovering)' "artifacts/test-results/$name.log" | tail -n 80
  fi
  passed=$((passed + ${p:-0})); failed=$((failed + f)); skipped=$((skipped + ${s:-0}))
done
if [ "$((passed + failed + skipped))" = 0 ]; then
  echo "no test's full name contains '$filter'"
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
